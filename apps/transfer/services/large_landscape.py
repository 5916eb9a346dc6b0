"""What the made-up company has before it has people: applications with clients, groups, roles."""

from django.db import transaction

from apps.access.events import AccessAction
from apps.access.models import Application, Assignment, Role
from apps.audit.ports import SYSTEM, Subject
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.events import DirectoryAction
from apps.directory.models import Group
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, create_client
from apps.transfer.clock import Clock
from apps.transfer.services.demo_events import plain, record
from apps.transfer.workforce.careers import Landscape
from apps.transfer.workforce.places import APPLICATIONS, DEPARTMENTS, DOMAIN, MadeUpApplication

WHY = "Made-up data"


@transaction.atomic
def make_landscape(*, administrator: Subject, clock: Clock) -> Landscape:
    """Raises: ClientRefused, ValidationError or IntegrityError, when something of these names is there."""
    groups = {name: _group(name, clock) for name, _titles, _share in DEPARTMENTS}
    clients, applications, roles = {}, {}, {}
    for made_up in APPLICATIONS:
        client = _client(made_up, clock)
        clients[made_up.name] = str(client.pk)
        applications[made_up.name] = str(client.application_id)
        if made_up.departments:
            role = _role(made_up, client.application, clock)
            roles[made_up.name] = str(role.pk)
            for department in made_up.departments:
                _assign(role, groups[department], clock)
    return Landscape(
        clients=clients,
        applications=applications,
        groups={name: str(group.pk) for name, group in groups.items()},
        roles=roles,
        administrator=administrator,
    )


def _group(name: str, clock: Clock) -> Group:
    group = Group.objects.create(name=name, description=f"Everyone in {name}", created_at=clock())
    record(
        DirectoryAction.GROUP_CREATED,
        Subject(kind="group", id=str(group.pk), label=name),
        clock,
        after={"name": name, "description": group.description},
    )
    return group


def _client(made_up: MadeUpApplication, clock: Clock) -> Client:
    home = f"https://{made_up.client_id}.{DOMAIN}/"
    details = NewClient(
        name=made_up.name,
        client_id=made_up.client_id,
        redirect_uris=[f"{home}callback"],
        scopes="openid profile email offline_access",
        audience=Application.Audience.ASSIGNED if made_up.departments else Application.Audience.EVERYONE,
        skip_authorization=True,
        launch_url=home,
        description=f"{made_up.name} of Lumen Works",
    )
    return create_client(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock()).client


def _role(made_up: MadeUpApplication, application: Application, clock: Clock) -> Role:
    name = f"{made_up.name} user"
    role = Role.objects.create(
        name=name,
        slug=f"{made_up.client_id}-user",
        description=f"Opens {made_up.name}",
        application=application,
        created_at=clock(),
    )
    record(
        AccessAction.ROLE_CREATED,
        Subject(kind="role", id=str(role.pk), label=name),
        clock,
        after={"name": name, "application": plain(application.pk), "admin_permissions": []},
    )
    return role


def _assign(role: Role, group: Group, clock: Clock) -> None:
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
