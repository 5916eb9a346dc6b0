"""Groups within groups: what reaches whom follows exactly from the nestings that there are."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.errors import GroupRefused
from apps.directory.models import DEEPEST, Group, GroupNesting, GroupReach, Membership
from apps.directory.selectors.groups import groups_of, people_in
from apps.directory.services.group_nesting import let_go_of_nestings, nest_group, unnest_group
from tests.factories.people import make_user
from tests.integration.signin.together import at_once
from tests.services.soak import times

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def make_groups(names: str) -> list[Group]:
    return [Group.objects.create(name=name) for name in names]


def nest(parent: Group, child: Group) -> bool:
    return nest_group(parent=parent, child=child, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)


def unnest(parent: Group, child: Group) -> bool:
    return unnest_group(parent=parent, child=child, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=LATER)


def names_of(person_groups: object) -> str:
    return "".join(sorted(group.name for group in person_groups))  # type: ignore[attr-defined]  # a queryset


@pytest.mark.django_db
def test_members_of_inner_groups_belong_to_the_outer_ones() -> None:
    a, b, c = make_groups("ABC")
    direct, deep = make_user(), make_user()
    Membership.objects.create(user=direct, group=a)
    Membership.objects.create(user=deep, group=c)
    nest(a, b)
    nest(b, c)
    assert names_of(groups_of(user_id=deep.pk)) == "ABC"
    assert names_of(groups_of(user_id=direct.pk)) == "A"
    assert set(people_in(group_id=a.pk)) == {direct, deep}
    assert set(people_in(group_id=c.pk)) == {deep}
    unnest(a, b)
    assert names_of(groups_of(user_id=deep.pk)) == "BC"
    assert set(people_in(group_id=a.pk)) == {direct}


@pytest.mark.django_db
def test_second_way_holds_when_the_first_goes() -> None:
    top, left, right, low = make_groups("TLRW")
    person = make_user()
    Membership.objects.create(user=person, group=low)
    for parent, child in ((top, left), (top, right), (left, low), (right, low)):
        assert nest(parent, child)
    assert unnest(left, low)
    assert names_of(groups_of(user_id=person.pk)) == "RTW"
    assert unnest(top, right)
    assert names_of(groups_of(user_id=person.pk)) == "RW"
    assert not unnest(top, right)


@pytest.mark.django_db
@pytest.mark.parametrize(("parent", "child"), [("A", "A"), ("B", "A"), ("C", "A")])
def test_circle_is_refused(parent: str, child: str) -> None:
    groups = {group.name: group for group in make_groups("ABC")}
    nest(groups["A"], groups["B"])
    nest(groups["B"], groups["C"])
    with pytest.raises(GroupRefused) as refusal:
        nest(groups[parent], groups[child])
    assert refusal.value.field == "child"
    expected = "A group cannot be in itself." if parent == child else f"{parent} lies in {child}, itself"
    assert refusal.value.detail.startswith(expected)
    assert GroupNesting.objects.count() == 2


@pytest.mark.django_db
def test_nesting_ends_at_its_deepest() -> None:
    chain = [Group.objects.create(name=f"Level {level:02}") for level in range(DEEPEST + 2)]
    for outer, inner in itertools.pairwise(chain[: DEEPEST + 1]):
        nest(outer, inner)
    with pytest.raises(GroupRefused, match=r"10 levels deep and no deeper"):
        nest(chain[DEEPEST], chain[DEEPEST + 1])
    with pytest.raises(GroupRefused, match=r"10 levels deep and no deeper"):
        nest(chain[DEEPEST + 1], chain[0])
    assert GroupReach.objects.count() == DEEPEST * (DEEPEST + 1) // 2


@pytest.mark.django_db
def test_each_nesting_is_one_event_of_the_outer_group() -> None:
    a, b = make_groups("AB")
    assert nest(a, b)
    assert not nest(a, b)
    assert unnest(a, b)
    assert not unnest(a, b)
    added, removed = AuditEvent.objects.order_by("id")
    both = {"parent": str(a.pk), "child": str(b.pk)}
    assert (added.action, added.target_id, added.details) == (
        "group.group_added",
        str(a.pk),
        {"child": str(b.pk)},
    )
    assert (removed.action, removed.target_id) == ("group.group_removed", str(a.pk))
    assert added.personal is not None
    assert removed.personal is not None
    assert added.personal["after"] == removed.personal["before"] == both


# Whatever order things come in ---------------------------------------------------------------------------------

NAMES = "ABCDEFG"
STEPS = st.lists(
    st.tuples(st.sampled_from(["nest", "nest", "nest", "unnest", "delete"]), *[st.integers(0, 6)] * 2),
    max_size=40,
)


def counted_by_hand() -> Counter[tuple[object, object, int]]:
    """Every way down, followed step by step."""
    children: dict[object, list[object]] = {}
    for parent_id, child_id in GroupNesting.objects.values_list("parent_id", "child_id"):
        children.setdefault(parent_id, []).append(child_id)
    ways: Counter[tuple[object, object, int]] = Counter()

    def walk(start: object, at: object, distance: int) -> None:
        for child in children.get(at, []):
            ways[start, child, distance + 1] += 1
            walk(start, child, distance + 1)

    for start in children:
        walk(start, start, 0)
    return ways


class AnyOrder(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(STEPS)
    def test_reach_is_what_the_nestings_say(self, steps: list[tuple[str, int, int]]) -> None:
        groups = make_groups(NAMES)
        for step, first, second in steps:
            one, other = groups[first], groups[second]
            if step == "nest":
                try:
                    nest(one, other)
                except GroupRefused:
                    continue
            elif step == "unnest":
                unnest(one, other)
            else:
                let_go_of_nestings(group_id=one.pk)
                one.delete()
                groups[first] = Group.objects.create(name=one.name)
        kept = GroupReach.objects.values_list("ancestor_id", "descendant_id", "distance", "paths")
        assert {(up, down, distance): paths for up, down, distance, paths in kept} == dict(counted_by_hand())


# At the same moment ------------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(times(2, soak=50)))
def test_of_two_nestings_that_would_make_a_circle_one_is_refused(_round: int) -> None:
    a, b, c, d = make_groups("ABCD")
    nest(a, b)
    nest(c, d)

    def outcome(parent: Group, child: Group) -> str:
        try:
            return "nested" if nest(parent, child) else "was there"
        except GroupRefused:
            return "refused"

    answers = at_once([lambda: outcome(b, c), lambda: outcome(d, a)] * 3)
    assert Counter(answers) == {"nested": 1, "was there": 2, "refused": 3}
    assert GroupNesting.objects.count() == 3
    assert {
        (up, down, distance)
        for up, down, distance in GroupReach.objects.values_list("ancestor_id", "descendant_id", "distance")
    } == set(counted_by_hand())


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(times(1, soak=20)))
def test_reach_is_right_after_many_changes_at_once(_round: int) -> None:
    groups = make_groups(NAMES)
    pairs = [(a, b) for number, a in enumerate(groups) for b in groups[number + 1 :]]
    at_once([lambda pair=pair: nest(*pair) for pair in pairs[:12]])  # type: ignore[misc]  # bound now, not later
    going = [lambda pair=pair: unnest(*pair) for pair in pairs[:6]]
    coming = [lambda pair=pair: nest(*pair) for pair in pairs[12:18]]
    at_once([*going, *coming])
    kept = GroupReach.objects.values_list("ancestor_id", "descendant_id", "distance", "paths")
    assert {(up, down, distance): paths for up, down, distance, paths in kept} == dict(counted_by_hand())
