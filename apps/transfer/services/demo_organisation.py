"""Setting up Acme Corporation, once: what people make of it afterwards is theirs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q

from apps.access.events import AccessAction
from apps.access.models import Application, Assignment, Role
from apps.access.selectors import application_by_name
from apps.access.services.applications import create_application
from apps.access.services.assignments import assign_role
from apps.audit.ports import SYSTEM, Subject
from apps.audit.selectors import events
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, User
from apps.transfer.acme import (
    APPLICATION_OWNERS,
    APPLICATIONS,
    DEMO_ACCOUNTS,
    ROLES,
    DemoApplication,
    DemoRole,
)
from apps.transfer.clock import Clock
from apps.transfer.events import TransferAction
from apps.transfer.services.demo_accounts import Account, Withheld, demo_accounts
from apps.transfer.services.demo_belonging import make_groups
from apps.transfer.services.demo_clients import (
    DemoClient,
    follow_address,
    hand_out_secrets,
    make_clients,
    payroll_application,
)
from apps.transfer.services.demo_events import plain, record
from apps.transfer.services.demo_people import make_people

WHY = "Demonstration data"


@dataclass(frozen=True)
class Organisation:
    """Who can be signed in as, who no longer can and why, and the clients that are left with their secrets."""

    accounts: tuple[Account, ...]
    withheld: tuple[Withheld, ...]
    clients: dict[str, DemoClient]


@dataclass(frozen=True)
class _Made:
    """What the log says was made: keys by the names in `acme`, and where the sample application was then."""

    people: dict[str, str]
    clients: dict[str, str]
    relying_party: str


@transaction.atomic
def set_up_organisation(*, relying_party: str, known_secrets: dict[str, str], clock: Clock) -> Organisation:
    """Makes everything the first time; afterwards only follows the sample application to another address.

    `known_secrets` are the client secrets that an earlier run gave out, by the client ids in `demo_clients`.

    Raises: DomainError or ValidationError, when something made by hand stands in the way.
    """
    made, secrets = _made(), known_secrets
    if made is None:
        made, fresh = _make(relying_party, clock)
        secrets = known_secrets | fresh
    elif made.relying_party != relying_party:
        follow_address(made.clients, before=made.relying_party, after=relying_party, clock=clock)
        made = _Made(made.people, made.clients, relying_party)
        _remember(made, clock)
    accounts, withheld = demo_accounts(made.people, payroll=payroll_application(made.clients), now=clock())
    return Organisation(
        accounts, withheld, hand_out_secrets(made.clients, known_secrets=secrets, clock=clock)
    )


def _made() -> _Made | None:
    event = events().filter(action=TransferAction.DEMO_DATA_SET_UP).first()
    if event is None:
        return None
    details: dict[str, Any] = event.details
    return _Made(details["people"], details["clients"], details["relying_party"])


def _remember(made: _Made, clock: Clock) -> None:
    record(TransferAction.DEMO_DATA_SET_UP, None, clock, details=vars(made))


def _make(relying_party: str, clock: Clock) -> tuple[_Made, dict[str, str]]:
    people = make_people(clock)
    groups = make_groups(people, clock)
    before = set(Application.objects.values_list("pk", flat=True))
    for application in APPLICATIONS:
        _application(application, clock)
    clients, secrets = make_clients(relying_party=relying_party, clock=clock)
    _owners(people, before, clock)
    for role in ROLES:
        _role(role, people, groups, clock)
    accounts = {name: str(people[name].pk) for name in DEMO_ACCOUNTS if name in people}
    made = _Made(accounts, clients, relying_party)
    _remember(made, clock)
    return made, secrets


# Applications and roles ----------------------------------------------------------------------------------------------


def _application(wanted: DemoApplication, clock: Clock) -> None:
    if Application.objects.filter(Q(slug=wanted.slug) | Q(name__iexact=wanted.name)).exists():
        return
    create_application(
        name=wanted.name,
        slug=wanted.slug,
        description=wanted.description,
        launch_url="",
        audience=Application.Audience.EVERYONE if wanted.is_for_everyone else Application.Audience.ASSIGNED,
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=clock(),
    )


def _owners(people: dict[str, User], before: set[UUID], clock: Clock) -> None:
    """Of the applications that were not there before."""
    owners = {application.name: application.owner for application in APPLICATIONS} | APPLICATION_OWNERS
    for application in Application.objects.filter(name__in=owners).exclude(pk__in=before):
        application.owner = people.get(owners[application.name])
        if application.owner is None:
            continue
        application.save(update_fields=["owner"])
        target = Subject(kind="application", id=str(application.pk), label=application.name)
        record(
            AccessAction.APPLICATION_CHANGED,
            target,
            clock,
            before={"owner": None},
            after={"owner": str(application.owner_id)},
        )


def _role(wanted: DemoRole, people: dict[str, User], groups: dict[str, Group], clock: Clock) -> None:
    if Role.objects.filter(Q(slug=wanted.slug) | Q(name__iexact=wanted.name)).exists():
        return
    now = clock()
    role = Role.objects.create(
        name=wanted.name,
        slug=wanted.slug,
        description=wanted.description,
        application=application_by_name(wanted.application) if wanted.application else None,
        created_at=now,
    )
    role.admin_permissions.set(_permissions(wanted))
    record(
        AccessAction.ROLE_CREATED,
        Subject(kind="role", id=str(role.pk), label=role.name),
        clock,
        after={
            "name": role.name,
            "application": plain(role.application_id),
            "admin_permissions": sorted(wanted.permissions),
        },
    )
    for name in filter(people.__contains__, wanted.people):
        assign_role(role=role, user=people[name], reason=WHY, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())
    for name in wanted.groups:
        _assign_to_group(role, groups[name], clock)


def _permissions(wanted: DemoRole) -> list[Permission]:
    """Raises: Permission.DoesNotExist, when the role names a right that there is not."""
    return [
        Permission.objects.get(content_type__app_label=app, codename=codename)
        for app, codename in (name.split(".") for name in wanted.permissions)
    ]


def _assign_to_group(role: Role, group: Group, clock: Clock) -> None:
    now = clock()
    assignment = Assignment.objects.create(role=role, group=group, valid_from=now, created_at=now, reason=WHY)
    record(
        AccessAction.ASSIGNMENT_CREATED,
        Subject(kind="assignment", id=str(assignment.pk), label=f"{role.name} to {group.name}"),
        clock,
        details={"role": str(role.pk), "group": str(group.pk)},
        after={
            "role": str(role.pk),
            "group": str(group.pk),
            "valid_from": now.isoformat(),
            "valid_until": None,
            "reason": WHY,
        },
    )
