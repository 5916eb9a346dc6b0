"""Where the people of the demonstration belong, and what is kept of them: units, groups, attributes."""

from collections.abc import Mapping

from django.db.models import Q

from apps.audit.ports import SYSTEM, Subject
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.events import DirectoryAction
from apps.directory.models import Attribute, Group, Membership, Unit, User
from apps.directory.selectors.attributes import attribute_subject
from apps.directory.services.group_nesting import nest_group
from apps.directory.services.units import UnitDetails, create_unit
from apps.transfer.acme import ATTRIBUTES, EMPLOYEES, GROUPS, UNITS, DemoAttribute, DemoGroup
from apps.transfer.clock import Clock
from apps.transfer.services.demo_events import record


def make_attributes(clock: Clock) -> frozenset[str]:
    """The names of those that were made now: one that somebody has defined is theirs."""
    return frozenset(
        wanted.slug for position, wanted in enumerate(ATTRIBUTES) if _attribute(wanted, position, clock)
    )


def _attribute(wanted: DemoAttribute, position: int, clock: Clock) -> bool:
    if Attribute.objects.filter(Q(slug=wanted.slug) | Q(label__iexact=wanted.label)).exists():
        return False
    defined = {**vars(wanted), "choices": list(wanted.choices), "position": position}
    attribute = Attribute.objects.create(**defined, created_at=clock())
    record(DirectoryAction.ATTRIBUTE_CREATED, attribute_subject(attribute), clock, after=defined)
    return True


def make_units(people: Mapping[str, User], clock: Clock) -> dict[str, Unit]:
    """By user name, where they belong; nobody anywhere where somebody has begun a tree of their own."""
    if Unit.objects.exists():
        return {}
    units: dict[str, Unit] = {}
    belonging: dict[str, Unit] = {}
    for wanted in UNITS:
        details = UnitDetails(
            name=wanted.name,
            kind=wanted.kind,
            code=wanted.code,
            head=people.get(wanted.head),
            parent=units.get(wanted.parent),
        )
        unit = create_unit(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())
        units[wanted.name] = unit
        for employee in EMPLOYEES:
            if employee.department in wanted.departments or employee.username in wanted.members:
                belonging[employee.username] = unit
    return belonging


def make_groups(people: Mapping[str, User], clock: Clock) -> dict[str, Group]:
    """By name. Groups that were there before are left as they are, and where they lie."""
    groups: dict[str, Group] = {}
    made: set[str] = set()
    for wanted in GROUPS:
        found = Group.objects.filter(name__iexact=wanted.name).first()
        groups[wanted.name] = found or _group(wanted, people, clock)
        if found is None:
            made.add(wanted.name)
        if {wanted.name, wanted.within} <= made:
            nest_group(
                parent=groups[wanted.within],
                child=groups[wanted.name],
                actor=SYSTEM,
                origin=SYSTEM_ORIGIN,
                now=clock(),
            )
    return groups


def _group(wanted: DemoGroup, people: Mapping[str, User], clock: Clock) -> Group:
    now = clock()
    group = Group.objects.create(name=wanted.name, description=wanted.description, created_at=now)
    target = Subject(kind="group", id=str(group.pk), label=group.name)
    record(
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
        record(
            DirectoryAction.GROUP_MEMBER_ADDED,
            target,
            clock,
            details={"user": str(user.pk)},
            after={"user": str(user.pk), "group": str(group.pk)},
        )
    return group
