"""Work on people in groups within groups, run by benchmarks.in_gatehouse; times are in seconds."""

import random
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.access.selectors import decide_access, usable_applications
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, GroupReach, Membership, User
from apps.directory.selectors.groups import groups_of, people_in
from apps.directory.services.group_nesting import nest_group, unnest_group

SEED = 20261126
LEVELS = 10
APPLICATIONS = 40
OWN_GROUPS = 3
SECOND_PARENT = 0.1
BATCH = 5_000


def prepare(people: str, groups: str) -> dict[str, Any]:
    """Each group below one of the level above, one in ten below two; everybody is in three, half with roles."""
    chance, now = random.Random(SEED), timezone.now()  # noqa: S311 - made-up data
    by_level = _groups(int(groups), chance)
    flat = [group for level in by_level for group in level]
    users = User.objects.bulk_create(
        (User(username=f"person{number}", display_name=f"Person {number}") for number in range(int(people))),
        batch_size=BATCH,
    )
    Membership.objects.bulk_create(
        (Membership(user=user, group=group) for user in users for group in chance.sample(flat, OWN_GROUPS)),
        batch_size=BATCH,
    )
    roles = []
    for number in range(APPLICATIONS):
        application = Application.objects.create(name=f"Application {number}", slug=f"application-{number}")
        roles.append(
            Role.objects.create(name=f"Role {number}", slug=f"role-{number}", application=application)
        )
    for role in roles:
        for group in chance.sample(flat, 3):
            Assignment.objects.create(role=role, group=group, valid_from=now)
    Assignment.objects.bulk_create(
        (Assignment(role=chance.choice(roles), user=user, valid_from=now) for user in users[::2]),
        batch_size=BATCH,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {
        "people": len(users),
        "groups": len(flat),
        "levels": len(by_level),
        "reaches": GroupReach.objects.count(),
    }


def _groups(count: int, chance: random.Random) -> list[list[Group]]:
    levels: list[list[Group]] = [[Group.objects.create(name="Level 0, group 0")]]
    for level in range(1, LEVELS + 1):
        size = max(count // LEVELS, 1) if level < LEVELS else count - sum(map(len, levels))
        made = Group.objects.bulk_create(
            Group(name=f"Level {level}, group {number}") for number in range(size)
        )
        for group in made:
            above = levels[-1]
            parents = chance.sample(above, 2 if len(above) > 1 and chance.random() < SECOND_PARENT else 1)
            for parent in parents:
                _nest(parent, group)
        levels.append(made)
    return levels


def _nest(parent: Group, child: Group) -> None:
    nest_group(parent=parent, child=child, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())


def decide(times: str) -> dict[str, Any]:
    chance, applications = _chance(), list(Application.objects.all())
    people = iter(_people(int(times), chance))
    return _timed(
        int(times),
        lambda: decide_access(user=next(people), application=chance.choice(applications), now=timezone.now()),
    )


def usable(times: str) -> dict[str, Any]:
    people = iter(_people(int(times), _chance()))
    return _timed(int(times), lambda: list(usable_applications(user=next(people), now=timezone.now())))


def groups_of_person(times: str) -> dict[str, Any]:
    people = iter(_people(int(times), _chance()))
    return _timed(int(times), lambda: list(groups_of(user_id=next(people).pk)))


def count_people(times: str) -> dict[str, Any]:
    top = Group.objects.get(name="Level 0, group 0")
    return _timed(max(int(times) // 40, 2), lambda: people_in(group_id=top.pk).count())


def list_people(times: str) -> dict[str, Any]:
    top = Group.objects.get(name="Level 0, group 0")
    return _timed(
        max(int(times) // 40, 2), lambda: list(people_in(group_id=top.pk).order_by("username")[:50])
    )


def nest(times: str) -> dict[str, Any]:
    """A group of the middle, with all that is below it, below another of the level above."""
    parent = Group.objects.get(name="Level 4, group 0")
    child = Group.objects.get(name="Level 5, group 1")

    def both() -> None:
        _nest(parent, child)
        unnest_group(parent=parent, child=child, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())

    return _timed(max(int(times) // 10, 2), both)


def _chance() -> random.Random:
    return random.Random(SEED + 1)  # noqa: S311 - made-up data


def _people(times: int, chance: random.Random) -> list[User]:
    """One more, who is asked about first and not timed."""
    total = User.objects.count()
    wanted = [f"person{chance.randrange(total)}" for _ in range(times + 1)]
    found = {user.username: user for user in User.objects.filter(username__in=wanted)}
    return [found[name] for name in wanted]


def _timed(times: int, ask: Callable[[], object]) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        ask()
    took: list[float] = []
    for _ in range(times):
        before = time.perf_counter()
        ask()
        took.append(time.perf_counter() - before)
    return {"took": took, "statements": len(queries)}
