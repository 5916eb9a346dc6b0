"""Whoever can sign in as somebody has what they have: nobody gets more than their own that way, nor with a puppet."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.directory.models import Group, Membership, User
from tests.factories.people import PASSWORD, make_user
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    errors_of,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
)

pytestmark = pytest.mark.django_db

SEES = ("directory.view_user", "directory.view_group", "directory.view_membership", "access.view_assignment")
CHANGES = (*SEES, "directory.add_user", "directory.change_user", "directory.change_group")
SETS, SETS_ANY = "directory.set_password", "directory.set_any_password"
MEMBERS = ("directory.add_membership", "directory.delete_membership")
ROLES = ("access.add_assignment", "access.change_assignment", "access.view_role", "access.change_role")
GIVES = (*MEMBERS, *ROLES, "access.view_application")
NEW = "Helpful-Hand-Opens-1"


def payroll_role() -> Role:
    return make_role(application=Application.objects.create(name="Payroll", slug="payroll"))


def holder_of(role: Role, how: str = "directly", **fields: Any) -> User:
    person = make_user(**fields)
    if how == "directly":
        assign(role, person)
        return person
    group = Group.objects.create(name="Payroll team")
    Membership.objects.create(user=person, group=group)
    held = assign(role, group)
    if how == "from tomorrow on":
        Assignment.objects.filter(pk=held.pk).update(valid_from="2099-01-01T00:00Z")
    return person


def takes_over(browser: Browser, person: User) -> bool:
    """By its page, which offers it or does not, and by its address; by what the person types to sign in."""
    page = page_of(person, "set_password")
    offered = page in text_of(browser.get(page_of(person)))
    answer = browser.post(page, {"password": NEW})
    person.refresh_from_db()
    was_set = person.check_password(NEW)
    assert offered == was_set
    assert answer.status_code == (302 if was_set else 403)
    return was_set


def renames(browser: Browser, person: User) -> bool:
    sent = submission(browser.get(page_of(person)), username="renamed", email="renamed@example.com")
    answer = browser.post(page_of(person), sent)
    assert answer.status_code in {302, 403}, errors_of(answer)
    person.refresh_from_db()
    assert (person.username == "renamed") == (person.email == "renamed@example.com")
    return person.username == "renamed"


def give(browser: Browser, role: Role, **holder: str) -> Any:
    page = adding("access.assignment")
    return browser.post(page, submission(browser.get(page), role=str(role.pk), **holder))


def join(browser: Browser, group: Group, person: User, side: str) -> Any:
    field, value = ("group", group.pk) if side == "person" else ("user", person.pk)
    page = page_of(person if side == "person" else group)
    change = {"group_memberships-TOTAL_FORMS": "1", f"group_memberships-0-{field}": str(value)}
    return browser.post(page, submission(browser.get(page), **change))


# Signing in as somebody ---------------------------------------------------------------------------------------------


def test_right_to_change_people_is_none_to_sign_in_as_them() -> None:
    browser, person = at_desk(make_staff(*CHANGES)), make_user()
    assert not takes_over(browser, person)
    assert not renames(browser, person)
    save(browser, page_of(person), job_title="Clerk")
    person.refresh_from_db()
    assert person.job_title == "Clerk"


def test_password_of_somebody_with_no_access_is_set_with_the_right_alone() -> None:
    assert takes_over(at_desk(make_staff("directory.view_user", SETS)), make_user())
    assert renames(at_desk(make_staff(*CHANGES, SETS)), make_user())


@pytest.mark.parametrize("how", ["directly", "through a group", "from tomorrow on"])
def test_person_with_access_that_one_lacks_is_not_taken_over(how: str) -> None:
    person, browser = holder_of(payroll_role(), how), at_desk(make_staff(*CHANGES, SETS))
    assert not takes_over(browser, person)
    assert not renames(browser, person)
    assert person.check_password(PASSWORD)


def test_another_role_in_the_same_application_is_access_that_one_lacks() -> None:
    role, helper = payroll_role(), make_staff(*CHANGES, SETS)
    assign(make_role(application=role.application), helper)
    assert not takes_over(at_desk(helper), holder_of(role))


def test_person_with_the_same_access_is_within_reach() -> None:
    role, helper = payroll_role(), make_staff(*CHANGES, SETS)
    assign(role, helper)
    assert takes_over(at_desk(helper), holder_of(role, "through a group"))


def test_access_that_ended_is_none() -> None:
    person = holder_of(payroll_role())
    Assignment.objects.filter(user=person).update(valid_from="2000-01-01T00:00Z", valid_until=timezone.now())
    assert takes_over(at_desk(make_staff(*CHANGES, SETS)), person)


def test_passwords_are_set_whatever_applications_they_open_with_the_right_to_it() -> None:
    browser = at_desk(make_staff(*CHANGES, SETS_ANY))
    assert takes_over(browser, holder_of(payroll_role()))
    for stronger in (make_superuser(), make_staff("oauth.change_client")):
        assert not takes_over(browser, stronger)


def test_rights_in_the_administration_count_before_somebody_may_enter_it() -> None:
    person = holder_of(make_role("oauth.change_client"))
    browser = at_desk(make_staff(*CHANGES, SETS_ANY))
    assert not takes_over(browser, person)
    assert browser.post(page_of(person), {"username": "x"}).status_code == 403


def test_deprovisioned_person_gets_no_password() -> None:
    person = make_user(status=User.Status.DEPROVISIONED)
    assert not takes_over(at_desk(make_superuser()), person)


@pytest.mark.parametrize("may_set", [False, True])
def test_new_person_has_a_password_from_those_who_may_set_it(may_set: bool) -> None:
    browser = at_desk(make_staff(*CHANGES, *([SETS] if may_set else [])))
    page = browser.get(adding("directory.user"))
    assert ("password" in page.context["adminform"].form.fields) == may_set
    browser.post(adding("directory.user"), submission(page, username="puppet", password=NEW))
    puppet = User.objects.get(username="puppet")
    assert puppet.has_usable_password() == may_set


# Giving access to somebody whose password one may know --------------------------------------------------------------


@pytest.mark.parametrize("holder", ["user", "group"])
def test_access_that_one_lacks_is_not_given_by_those_who_set_passwords(holder: str) -> None:
    role, helper = payroll_role(), make_staff(*CHANGES, *GIVES, SETS)
    target: Any = make_user() if holder == "user" else Group.objects.create(name="Team")
    answer = give(at_desk(helper), role, **{holder: str(target.pk)})
    assert "You may set passwords" in text_of(answer)
    assert not Assignment.objects.filter(role=role).exists()
    assign(role, helper)
    assert give(at_desk(helper), role, **{holder: str(target.pk)}).status_code == 302


@pytest.mark.parametrize("more", [(), (SETS_ANY,), (SETS, SETS_ANY)])
def test_access_is_given_by_those_who_set_none_or_any(more: tuple[str, ...]) -> None:
    role, person = payroll_role(), make_user()
    assert give(at_desk(make_staff(*CHANGES, *GIVES, *more)), role, user=str(person.pk)).status_code == 302
    assert Assignment.objects.get(role=role).user == person


def test_access_that_one_lacks_is_not_prolonged_by_those_who_set_passwords() -> None:
    held = assign(payroll_role(), make_user())
    browser = at_desk(make_staff(*CHANGES, *GIVES, SETS))
    sent = submission(browser.get(page_of(held)), valid_until_0="2099-01-01", valid_until_1="00:00")
    assert "You may set passwords" in text_of(browser.post(page_of(held), sent))


@pytest.mark.parametrize("side", ["person", "group"])
def test_nobody_puts_a_puppet_into_a_group_with_access_that_they_lack(side: str) -> None:
    team, puppet, helper = Group.objects.create(name="Team"), make_user(), make_staff(*CHANGES, *GIVES, SETS)
    role = payroll_role()
    assign(role, team)
    assert "not yours to give" in text_of(join(at_desk(helper), team, puppet, side))
    assert not Membership.objects.exists()
    assign(role, helper)
    assert join(at_desk(helper), team, puppet, side).status_code == 302


@pytest.mark.parametrize("side", ["person", "group"])
def test_to_put_somebody_into_a_group_with_roles_takes_the_right_to_give_roles(side: str) -> None:
    team, club, person = Group.objects.create(name="Team"), Group.objects.create(name="Club"), make_user()
    assign(payroll_role(), team)
    browser = at_desk(make_staff(*CHANGES, *MEMBERS))
    assert "not yours to give" in text_of(join(browser, team, person, side))
    assert join(browser, club, person, side).status_code == 302
    assert Membership.objects.get().group == club


def test_role_of_a_puppet_is_not_pointed_at_an_application() -> None:
    payroll = Application.objects.create(name="Payroll", slug="payroll")
    held, free = make_role(), make_role()
    assign(held, make_user())
    browser = at_desk(make_staff(*CHANGES, *GIVES, SETS))
    sent = submission(browser.get(page_of(held)), application=str(payroll.pk))
    answer = browser.post(page_of(held), sent)
    assert "You may set passwords" in str(answer.context["adminform"].form.errors["application"])
    save(browser, page_of(free), application=str(payroll.pk))


def test_form_of_a_role_offers_the_rights_to_set_passwords_and_says_what_they_are() -> None:
    page = text_of(at_desk(make_superuser()).get(adding("access.role")))
    for words in ("set password, user name and e-mail", "whatever access", "can sign in as them"):
        assert words in page
