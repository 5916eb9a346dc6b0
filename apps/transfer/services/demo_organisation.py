"""Setting up Acme Corporation: what is there already stays as it is."""

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Permission
from django.db import transaction

from apps.access.events import AccessAction
from apps.access.models import Application, Assignment, Role
from apps.access.services.applications import create_application
from apps.access.services.assignments import assign_role
from apps.audit.ports import SYSTEM, AuditAction, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, Membership, User
from apps.directory.selectors import subject_of
from apps.directory.services.people import NewPerson, create_person, set_password
from apps.transfer.acme import (
    APPLICATION_OWNERS,
    APPLICATIONS,
    DEMO_ACCOUNTS,
    DOMAIN,
    EMPLOYEES,
    GROUPS,
    PASSWORD,
    ROLES,
    DemoAccount,
    DemoApplication,
    DemoGroup,
    DemoRole,
    Employee,
)
from apps.transfer.clock import Clock
from apps.transfer.services.demo_clients import DemoClients, set_up_clients

WHY = "Demonstration data"


@dataclass(frozen=True)
class Organisation:
    """Who can be signed in as, with the password that all share, and the two clients with their secrets."""

    accounts: tuple[DemoAccount, ...]
    clients: DemoClients


@transaction.atomic
def set_up_organisation(*, relying_party: str, known_secrets: dict[str, str], clock: Clock) -> Organisation:
    """Idempotent. `known_secrets` are the client secrets that an earlier run gave out."""
    people = _people(clock)
    groups = {group.name: _group(group, people, clock) for group in GROUPS}
    for application in APPLICATIONS:
        _application(application, clock)
    clients = set_up_clients(relying_party=relying_party, known_secrets=known_secrets, clock=clock)
    _owners(people, clock)
    for role in ROLES:
        _role(role, people, groups, clock)
    return Organisation(_accounts(people), clients)


def _record(action: AuditAction, target: Subject, clock: Clock, **values: object) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=clock(),
        target=target,
        **values,  # type: ignore[arg-type]  # details and after, passed on
    )


# People ------------------------------------------------------------------------------------------------------------


def _people(clock: Clock) -> dict[str, User]:
    """Everybody by user name. The password is hashed once: forty slow hashes would show nothing more."""
    there = {
        user.username: user for user in User.objects.filter(username__in=[e.username for e in EMPLOYEES])
    }
    created: list[User] = []
    for employee in EMPLOYEES:
        if employee.username in there:
            continue
        user = create_person(
            details=_details(employee), password=None, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock()
        )
        there[employee.username] = user
        created.append(user)
    _complete(created, there, clock)
    return there


def _details(employee: Employee) -> NewPerson:
    return NewPerson(
        username=employee.username,
        email=f"{employee.given_name}.{employee.family_name}@{DOMAIN}".lower(),
        is_email_verified=True,
        given_name=employee.given_name,
        family_name=employee.family_name,
        department=employee.department,
        job_title=employee.job_title,
        is_staff=employee.is_staff,
        is_superuser=employee.is_superuser,
    )


RECORD_FIELDS = (
    "manager",
    "employee_number",
    "employee_type",
    "status",
    "starts_on",
    "ends_on",
    "time_zone",
    "locale",
)
PASSWORD_FIELDS = ("password", "password_changed_at", "password_expires_at")


def _complete(created: list[User], there: dict[str, User], clock: Clock) -> None:
    """The rest of the employees' records, in one statement and with an event for each."""
    if not created:
        return
    first, now = created[0], clock()
    set_password(user=first, password=PASSWORD, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)
    numbers = {employee.username: f"A-{1001 + place}" for place, employee in enumerate(EMPLOYEES)}
    employees = {employee.username: employee for employee in EMPLOYEES}
    for user in created:
        employee = employees[user.username]
        user.manager = there.get(employee.manager)
        user.employee_number = numbers[user.username]
        user.employee_type, user.status = employee.kind, employee.status
        user.starts_on, user.ends_on = employee.starts_on(now.date()), employee.ends_on(now.date())
        user.time_zone, user.locale = employee.time_zone, employee.locale
        user.updated_at = now
        for name in PASSWORD_FIELDS:
            setattr(user, name, getattr(first, name))
    User.objects.bulk_update(created, [*RECORD_FIELDS, *PASSWORD_FIELDS, "updated_at"])
    for user in created:
        after = {
            name: _plain(getattr(user, f"{name}_id" if name == "manager" else name)) for name in RECORD_FIELDS
        }
        _record(DirectoryAction.USER_CHANGED, subject_of(user), clock, after=after)
        if user is not first:
            _record(DirectoryAction.USER_PASSWORD_SET, subject_of(user), clock)


def _plain(value: object) -> str | None:
    return None if value is None else str(value)


def _accounts(people: dict[str, User]) -> tuple[DemoAccount, ...]:
    """Those that can be entered with the demo password: it may have been changed, or be another installation's."""
    verdicts: dict[str, bool] = {}
    for account in DEMO_ACCOUNTS:
        encoded = people[account.username].password
        if encoded not in verdicts:
            verdicts[encoded] = check_password(PASSWORD, encoded)
    return tuple(account for account in DEMO_ACCOUNTS if verdicts[people[account.username].password])


def _group(wanted: DemoGroup, people: dict[str, User], clock: Clock) -> Group:
    found = Group.objects.filter(name=wanted.name).first()
    if found is not None:
        return found
    now = clock()
    group = Group.objects.create(name=wanted.name, description=wanted.description, created_at=now)
    target = Subject(kind="group", id=str(group.pk), label=group.name)
    _record(
        DirectoryAction.GROUP_CREATED,
        target,
        clock,
        after={"name": group.name, "description": group.description},
    )
    departments = {employee.username: employee.department for employee in EMPLOYEES}
    members = [
        user
        for name, user in people.items()
        if name in wanted.members or departments[name] in wanted.departments
    ]
    Membership.objects.bulk_create(Membership(user=user, group=group, created_at=now) for user in members)
    for user in members:
        _record(
            DirectoryAction.GROUP_MEMBER_ADDED,
            target,
            clock,
            details={"user": str(user.pk)},
            after={"user": str(user.pk), "group": str(group.pk)},
        )
    return group


# Applications and roles ----------------------------------------------------------------------------------------------


def _application(wanted: DemoApplication, clock: Clock) -> None:
    if Application.objects.filter(slug=wanted.slug).exists():
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


def _owners(people: dict[str, User], clock: Clock) -> None:
    owners = {application.name: application.owner for application in APPLICATIONS} | APPLICATION_OWNERS
    for application in Application.objects.filter(name__in=owners, owner__isnull=True):
        application.owner = people[owners[application.name]]
        application.save(update_fields=["owner"])
        target = Subject(kind="application", id=str(application.pk), label=application.name)
        _record(
            AccessAction.APPLICATION_CHANGED,
            target,
            clock,
            before={"owner": None},
            after={"owner": str(application.owner_id)},
        )


def _role(wanted: DemoRole, people: dict[str, User], groups: dict[str, Group], clock: Clock) -> None:
    if Role.objects.filter(slug=wanted.slug).exists():
        return
    now = clock()
    role = Role.objects.create(
        name=wanted.name,
        slug=wanted.slug,
        description=wanted.description,
        application=Application.objects.get(name=wanted.application) if wanted.application else None,
        created_at=now,
    )
    role.admin_permissions.set(_permissions(wanted))
    _record(
        AccessAction.ROLE_CREATED,
        Subject(kind="role", id=str(role.pk), label=role.name),
        clock,
        after={
            "name": role.name,
            "application": _plain(role.application_id),
            "admin_permissions": sorted(wanted.permissions),
        },
    )
    for name in wanted.people:
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
    _record(
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
