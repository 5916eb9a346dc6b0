"""Groups within groups at the desk: what the pages show, and that nobody gains by it what is not theirs to give."""

import pytest

from apps.directory.models import Group, GroupNesting, GroupReach, Membership
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    assign,
    at_desk,
    events,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
    the_event,
)
from tests.integration.directory.test_nested_groups import nest

pytestmark = pytest.mark.django_db

SEES = (
    "directory.view_group",
    "directory.view_membership",
    "directory.view_groupnesting",
    "directory.view_user",
)
NESTS = ("directory.change_group", "directory.add_groupnesting", "directory.delete_groupnesting")


def make_group(name: str) -> Group:
    return Group.objects.create(name=name)


def put_into(inner: Group) -> dict[str, str]:
    return {"child_nestings-TOTAL_FORMS": "1", "child_nestings-0-child": str(inner.pk)}


def test_group_is_put_into_another_and_taken_out_again() -> None:
    outer, inner = make_group("Everybody"), make_group("Engineering")
    browser = at_desk(make_superuser())
    save(browser, page_of(outer), **put_into(inner))
    assert GroupReach.objects.filter(ancestor=outer, descendant=inner).exists()
    added = the_event("group.group_added")
    assert (added.target_id, added.details) == (str(outer.pk), {"child": str(inner.pk)})
    assert added.actor_kind == "user"
    assert "Everybody" in text_of(browser.get(page_of(inner)))
    save(browser, page_of(inner), **{"parent_nestings-0-DELETE": "on"})
    assert not GroupReach.objects.exists()
    removed = the_event("group.group_removed")
    assert removed.target_id == str(outer.pk)


def test_circle_is_refused_beside_the_rows() -> None:
    outer, inner = make_group("Everybody"), make_group("Engineering")
    nest(outer, inner)
    browser = at_desk(make_superuser())
    answer = browser.post(page_of(inner), submission(browser.get(page_of(inner)), **put_into(outer)))
    assert answer.status_code == 200
    assert "that would be a circle" in text_of(answer)
    assert GroupNesting.objects.count() == 1


def test_pages_say_through_which_groups_somebody_belongs() -> None:
    outer, inner = make_group("Everybody"), make_group("Engineering")
    nest(outer, inner)
    person = make_user()
    Membership.objects.create(user=person, group=inner)
    Membership.objects.create(user=make_user(), group=outer)
    browser = at_desk(make_superuser())
    assert "Through these, also in:" in text_of(browser.get(page_of(person)))
    answer = browser.get(page_of(person))
    assert f"{outer.name}</a>\n        (Engineering)" in text_of(answer)
    assert "With those in the groups within it, 2 people belong to it." in text_of(
        browser.get(page_of(outer))
    )
    listed = browser.get(f"/admin/directory/user/?group={outer.pk}")
    assert listed.context["cl"].result_count == 2
    assert browser.get("/admin/directory/user/?group=nonsense").context["cl"].result_count == 0


def test_deleting_a_group_says_what_ends_and_lets_go_of_what_lay_in_it() -> None:
    outer, middle, inner = make_group("Everybody"), make_group("Engineering"), make_group("Testers")
    nest(outer, middle)
    nest(middle, inner)
    Membership.objects.create(user=make_user(), group=inner)
    browser = at_desk(make_superuser())
    page = text_of(browser.get(page_of(middle, "delete")))
    assert "1 person belongs to it." in page
    assert "It lies in Everybody: those who belong there only by it lose what that gives them." in page
    browser.post(page_of(middle, "delete"), {"confirmed": "1"})
    assert not GroupReach.objects.exists()
    assert len(events("group.group_removed")) == 2
    assert the_event("group.deleted").details == {
        "removed": {"directory.GroupNesting": 2},
    }


def test_powerful_group_is_not_opened_to_others_by_those_who_hold_less() -> None:
    strong, weak = make_group("Strong"), make_group("Weak")
    assign(make_role("directory.change_user"), strong)
    helper = at_desk(make_staff(*SEES, *NESTS))
    page = page_of(strong)
    answer = helper.post(page, {**put_into(weak), "name": "Strong"})
    assert answer.status_code == 403
    # From the other side, where the page may be changed.
    sent = {"parent_nestings-TOTAL_FORMS": "1", "parent_nestings-0-parent": str(strong.pk)}
    answer = helper.post(page_of(weak), submission(helper.get(page_of(weak)), **sent))
    assert "carries rights that you do not hold yourself" in text_of(answer)
    assert not GroupNesting.objects.exists()


def test_power_of_an_outer_group_guards_the_inner_one() -> None:
    """Whoever may not touch a group may not touch what lies in it either: its members hold the same."""
    strong, inner = make_group("Strong"), make_group("Inner")
    assign(make_role("directory.change_user"), strong)
    nest(strong, inner)
    person = make_user()
    rights = (
        *SEES,
        *NESTS,
        "directory.add_membership",
        "directory.delete_membership",
        "access.add_assignment",
    )
    helper = at_desk(make_staff(*rights))
    sent = {"group_memberships-TOTAL_FORMS": "1", "group_memberships-0-user": str(person.pk)}
    assert helper.post(page_of(inner), {**sent, "name": "Inner"}).status_code == 403
    assert not Membership.objects.exists()


def test_nobody_puts_themselves_into_a_group_that_holds_roles_by_way_of_their_own_group() -> None:
    club, team = make_group("Club"), make_group("Team")
    assign(make_role("directory.view_user"), club)
    helper = make_staff(*SEES, *NESTS, "access.add_assignment")
    Membership.objects.create(user=helper, group=team)
    browser = at_desk(helper)
    answer = browser.post(page_of(club), submission(browser.get(page_of(club)), **put_into(team)))
    assert "you cannot put yourself into it; somebody else can" in text_of(answer)
    other = at_desk(make_staff(*SEES, *NESTS, "access.add_assignment"))
    save(other, page_of(club), **put_into(team))
    assert GroupNesting.objects.exists()


def test_role_is_not_given_to_an_outer_group_of_ones_own() -> None:
    club, team = make_group("Club"), make_group("Team")
    nest(club, team)
    helper = make_staff(*SEES, "access.add_assignment", "access.view_role", "directory.change_group")
    Membership.objects.create(user=helper, group=team)
    role = make_role("directory.view_user")
    form = {
        "role": str(role.pk),
        "group": str(club.pk),
        "valid_from_0": "2026-01-01",
        "valid_from_1": "10:00",
    }
    answer = at_desk(helper).post("/admin/access/assignment/add/", form)
    assert "You cannot give a role to yourself" in text_of(answer)
