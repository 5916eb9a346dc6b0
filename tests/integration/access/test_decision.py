"""One decision function, and the same judgement over sets: they must never disagree."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from apps.access.decision import Decision, Reason
from apps.access.models import Application, Assignment, Role
from apps.access.selectors import access_ends, decide_access, holders_lost, usable_applications
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
from apps.directory.services.group_nesting import nest_group
from tests.factories.people import make_user

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASSIGNED, EVERYONE = Application.Audience.ASSIGNED, Application.Audience.EVERYONE


def make_application(name: str = "Payroll", **fields: Any) -> Application:
    return Application.objects.create(name=name, slug=name.lower(), **fields)


def make_role(application: Application | None) -> Role:
    number = Role.objects.count()
    return Role.objects.create(name=f"Role {number}", slug=f"role-{number}", application=application)


def give(role: Role, holder: User | Group, start: timedelta = -HOUR, end: timedelta | None = None) -> None:
    Assignment.objects.create(
        role=role,
        valid_from=NOW + start,
        valid_until=None if end is None else NOW + end,
        **{"user" if isinstance(holder, User) else "group": holder},
    )


def make_group(*people: User) -> Group:
    group = Group.objects.create(name=f"Group {Group.objects.count()}")
    Membership.objects.bulk_create(Membership(user=user, group=group) for user in people)
    return group


def nest(parent: Group, child: Group) -> None:
    nest_group(parent=parent, child=child, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)


def decide(user: User, application: Application) -> Decision:
    return decide_access(user=user, application=application, now=NOW)


@pytest.mark.django_db
def test_nobody_is_let_in_without_a_role() -> None:
    assert decide(make_user(), make_application()) == Decision(False, Reason.NO_ROLE)


@pytest.mark.django_db
def test_open_application_lets_in_everyone_who_can_sign_in() -> None:
    application = make_application(audience=EVERYONE)
    assert decide(make_user(), application) == Decision(True, Reason.OPEN_TO_EVERYONE)
    suspended = make_user(status=User.Status.SUSPENDED)
    assert decide(suspended, application) == Decision(False, Reason.PERSON_INACTIVE)


@pytest.mark.django_db
@pytest.mark.parametrize("audience", [ASSIGNED, EVERYONE])
def test_disabled_application_lets_in_nobody(audience: str) -> None:
    user, application = make_user(), make_application(audience=audience, is_enabled=False)
    give(make_role(application), user)
    assert decide(user, application) == Decision(False, Reason.APPLICATION_DISABLED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end", "is_allowed"),
    [
        (-HOUR, None, True),
        (timedelta(0), None, True),
        (HOUR, None, False),
        (-HOUR, HOUR, True),
        (-HOUR, timedelta(microseconds=1), True),
        (-HOUR, timedelta(0), False),
        (-2 * HOUR, -HOUR, False),
    ],
)
@pytest.mark.parametrize("through_group", [False, True])
def test_role_counts_from_its_start_until_its_end(
    start: timedelta, end: timedelta | None, is_allowed: bool, through_group: bool
) -> None:
    user, application = make_user(), make_application()
    give(make_role(application), make_group(user) if through_group else user, start, end)
    assert decide(user, application).is_allowed is is_allowed


@pytest.mark.django_db
def test_role_of_another_person_group_or_application_opens_nothing() -> None:
    user, application = make_user(), make_application()
    give(make_role(application), make_user())
    give(make_role(application), make_group(make_user()))
    give(make_role(make_application("Wiki")), user)
    give(make_role(None), user)
    assert decide(user, application) == Decision(False, Reason.NO_ROLE)


@pytest.mark.django_db
def test_role_of_a_group_reaches_those_in_groups_within_it() -> None:
    user, application = make_user(), make_application()
    chain = [make_group() for _level in range(4)]
    for outer, inner in itertools.pairwise(chain):
        nest(outer, inner)
    Membership.objects.create(user=user, group=chain[2])
    give(make_role(application), chain[3])
    assert not decide(user, application).is_allowed
    give(make_role(application), chain[0], end=HOUR)
    assert decide(user, application) == Decision(True, Reason.ROLE_HELD, until=NOW + HOUR)
    assert list(usable_applications(user=user, now=NOW)) == [application]
    assert access_ends(user=user, now=NOW) == {application.pk: NOW + HOUR}


@pytest.mark.django_db
@pytest.mark.parametrize("depth", [1, 10])
def test_decision_is_one_statement_however_deep(
    depth: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user, application = make_user(), make_application()
    chain = [make_group(), *(make_group() for _level in range(depth))]
    for outer, inner in itertools.pairwise(chain):
        nest(outer, inner)
    Membership.objects.create(user=user, group=chain[-1])
    give(make_role(application), chain[0])
    with django_assert_num_queries(1):
        assert decide(user, application).is_allowed


@pytest.mark.django_db
def test_who_loses_a_role_is_counted_through_groups_within_groups() -> None:
    keeps, loses = make_user(), make_user()
    outer, inner = make_group(), make_group(keeps, loses)
    nest(outer, inner)
    role = make_role(make_application())
    give(role, outer)
    give(role, keeps)
    of_group = Assignment.objects.filter(group=outer)
    assert holders_lost(assignments=of_group, now=NOW) == {role.name: 1}
    assert holders_lost(assignments=Assignment.objects.all(), now=NOW) == {role.name: 2}


@pytest.mark.django_db
def test_access_ends_with_the_last_of_several_roles() -> None:
    user, application = make_user(), make_application()
    give(make_role(application), user, end=HOUR)
    give(make_role(application), make_group(user), end=3 * HOUR)
    assert decide(user, application) == Decision(True, Reason.ROLE_HELD, until=NOW + 3 * HOUR)
    assert access_ends(user=user, now=NOW) == {application.pk: NOW + 3 * HOUR}
    give(make_role(application), user)
    assert decide(user, application) == Decision(True, Reason.ROLE_HELD)
    assert access_ends(user=user, now=NOW) == {}


@pytest.mark.django_db
def test_application_is_listed_once_however_many_roles_open_it() -> None:
    user, application = make_user(), make_application()
    group = make_group(user, make_user(), make_user())
    for holder in (user, user, group):
        give(make_role(application), holder)
    assert list(usable_applications(user=user, now=NOW)) == [application]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [("", 2), ("pay", 1), ("PAY", 1), ("holidays", 1), ("100%", 1), ("_", 0), ("' OR 1=1", 0)],
)
def test_search_looks_into_name_and_description(query: str, found: int) -> None:
    make_application("Payroll", audience=EVERYONE, description="Pay slips and holidays")
    make_application("Wiki", audience=EVERYONE, description="100% of what we know")
    assert usable_applications(user=make_user(), now=NOW, query=query).count() == found


# Small worlds ------------------------------------------------------------------------------------------

SPANS = st.tuples(
    st.sampled_from([-2 * HOUR, timedelta(0), HOUR]),
    st.sampled_from([None, -HOUR, timedelta(0), HOUR, 3 * HOUR]),
).filter(lambda span: span[1] is None or span[1] > span[0])
ASSIGNMENTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["user", "group", "outer group", "other group", "other user"]),
        SPANS,
    ),
    max_size=6,
)
APPLICATIONS = st.lists(
    st.tuples(st.sampled_from([ASSIGNED, EVERYONE]), st.booleans()), min_size=3, max_size=3
)
STATUSES = st.sampled_from([User.Status.ACTIVE, User.Status.ACTIVE, User.Status.SUSPENDED])


class SmallWorlds(TestCase):
    @settings(max_examples=80)
    @given(ASSIGNMENTS, APPLICATIONS, STATUSES)
    def test_single_decisions_and_the_set_agree(
        self, assignments: list[Any], applications: list[tuple[str, bool]], status: str
    ) -> None:
        user, other = make_user(status=status), make_user()
        group, outer = make_group(user, other), make_group()
        nest(outer, group)
        holders: dict[str, User | Group] = {"user": user, "other user": other, "group": group}
        holders |= {"outer group": outer, "other group": make_group(other)}
        made = [
            make_application(f"App{number}", audience=audience, is_enabled=is_enabled)
            for number, (audience, is_enabled) in enumerate(applications)
        ]
        for number, holder, (start, end) in assignments:
            give(make_role(made[number]), holders[holder], start, end)
        decisions = {application: decide(user, application) for application in made}
        usable = list(usable_applications(user=user, now=NOW))
        assert sorted(usable, key=made.index) == [one for one in made if decisions[one].is_allowed]
        ends = access_ends(user=user, now=NOW)
        for application in usable:
            assert ends.get(application.pk) == decisions[application].until
