"""What others say of somebody, nobody but a superuser says of themselves; and when an address counts as verified."""

from typing import Any

import pytest

from apps.directory.models import User
from tests.factories.people import PASSWORD, make_user, new_password
from tests.integration.admin.desk import at_desk, make_staff, make_superuser, page_of, save, submission

pytestmark = pytest.mark.django_db

MANAGER_OF_PEOPLE = (
    "directory.view_user",
    "directory.add_user",
    "directory.change_user",
    "directory.set_password",
)
TOLD_BY_OTHERS = {
    "department": "Board",
    "job_title": "Chief",
    "employee_number": "1",
    "employee_type": "contractor",
    "starts_on": "2020-01-01",
    "ends_on": "2099-01-01",
}


def _after(answer: Any, person: User) -> User:
    assert answer.status_code == 302
    person.refresh_from_db()
    return person


@pytest.mark.parametrize("was_verified", [False, True])
def test_nobody_vouches_for_their_own_address(was_verified: bool) -> None:
    own = make_staff(*MANAGER_OF_PEOPLE, email="kim@example.com", is_email_verified=was_verified)
    changed = {"email": "ceo@example.com", "is_email_verified": "on"}
    after = _after(save(at_desk(own), page_of(own), **changed), own)
    assert (after.email, after.is_email_verified) == ("kim@example.com", was_verified)


def test_own_address_stays_verified_as_long_as_it_stays() -> None:
    own = make_staff(*MANAGER_OF_PEOPLE, email="kim@example.com", is_email_verified=True)
    after = _after(save(at_desk(own), page_of(own), given_name="Kim"), own)
    assert (after.given_name, after.is_email_verified) == ("Kim", True)


def test_changed_address_of_somebody_else_is_not_verified_unless_that_is_said_of_it() -> None:
    browser = at_desk(make_staff(*MANAGER_OF_PEOPLE))
    person = make_user(email="old@example.com", is_email_verified=True)
    after = _after(save(browser, page_of(person), email="new@example.com"), person)
    assert not after.is_email_verified
    changed = {"email": "newer@example.com", "is_email_verified": "on"}
    after = _after(save(browser, page_of(person), **changed), person)
    assert (after.email, after.is_email_verified) == ("newer@example.com", True)


def test_nobody_changes_the_data_of_their_own_that_access_hangs_on() -> None:
    own, boss = make_staff(*MANAGER_OF_PEOPLE), make_user()
    before = {name: getattr(own, name) for name in (*TOLD_BY_OTHERS, "manager")}
    browser = at_desk(own)
    sent = submission(browser.get(page_of(own)), **TOLD_BY_OTHERS, manager=str(boss.pk))
    after = _after(browser.post(page_of(own), sent), own)
    assert {name: getattr(after, name) for name in before} == before


def test_superuser_does() -> None:
    own = make_superuser(email="kim@example.com")
    make_superuser()
    changed = {"department": "Board", "ends_on": "2099-01-01"}
    after = _after(save(at_desk(own), page_of(own), **changed), own)
    assert (after.department, str(after.ends_on)) == ("Board", "2099-01-01")


def test_superuser_changes_what_they_sign_in_with_in_the_portal_only() -> None:
    own = make_superuser(username="kim", email="kim@example.com", is_email_verified=False)
    browser = at_desk(own)
    page = browser.get(page_of(own)).content.decode()
    assert "/account/password" in page
    assert "/account/email" in page
    sent = {"username": "evil", "email": "evil@example.com", "is_email_verified": "on"}
    after = _after(save(browser, page_of(own), **sent), own)
    assert (after.username, after.email, after.is_email_verified) == ("kim", "kim@example.com", False)


@pytest.mark.parametrize("make", [make_superuser, lambda: make_staff(*MANAGER_OF_PEOPLE)])
def test_own_password_is_not_set_without_the_present_one(make: Any) -> None:
    own = make()
    browser, page = at_desk(own), page_of(own, "set_password")
    answer = browser.get(page)
    assert (answer.status_code, answer["Location"]) == (302, "/account/password")
    assert browser.post(page, {"password": new_password()}).status_code == 403
    own.refresh_from_db()
    assert own.check_password(PASSWORD)


def test_data_that_access_hangs_on_is_changed_by_somebody_else() -> None:
    person = make_user()
    after = _after(save(at_desk(make_staff(*MANAGER_OF_PEOPLE)), page_of(person), **TOLD_BY_OTHERS), person)
    assert {name: str(getattr(after, name)) for name in TOLD_BY_OTHERS} == TOLD_BY_OTHERS
