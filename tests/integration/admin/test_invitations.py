"""Inviting people in the administration, and the passwords that administrators give."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import OneTimeLink, PasswordPolicy, User
from apps.directory.selectors import subject_of
from apps.directory.services.invitations import print_invitation
from apps.directory.services.password_policy import adopt_password_policy
from tests.factories.people import make_user, new_password
from tests.integration.admin.desk import (
    action_page,
    adding,
    at_desk,
    events,
    listing,
    make_staff,
    make_superuser,
    page_of,
    text_of,
)
from tests.integration.admin.test_actions_say_what_they_do import CONFIRMED
from tests.integration.signin.mailbox import links_in, work

pytestmark = pytest.mark.django_db

ADD = adding("directory.user")
MAY_ALL = ("directory.view_user", "directory.change_user", "directory.add_user", "directory.set_password")


def newcomer(**fields: Any) -> User:
    return make_user(**({"password": "!", "is_email_verified": False} | fields))


def test_person_is_added_with_an_invitation(mailoutbox: list[Any]) -> None:
    browser = at_desk(make_superuser())
    answer = browser.post(
        ADD, {"username": "kim", "email": "kim@example.org", "is_invited": "on"}, follow=True
    )
    assert "An invitation is on its way to kim@example.org." in text_of(answer)
    work()
    assert [mail.to for mail in mailoutbox] == [["kim@example.org"]]
    user = User.objects.get(username="kim")
    page = text_of(browser.get(page_of(user)))
    assert "Invited" in page
    assert "Invited" in text_of(browser.get(listing("directory.user")))
    path = links_in(mailoutbox)[0]
    guest = Browser()
    guest.get(path)
    chosen = new_password()
    guest.post("/account/set-password", {"chosen": chosen, "again": chosen})
    page = text_of(browser.get(page_of(user)))
    assert "Activated" in page
    assert "Invited" not in text_of(browser.get(listing("directory.user")))


def test_without_an_invitation_nothing_is_sent(mailoutbox: list[Any]) -> None:
    at_desk(make_superuser()).post(ADD, {"username": "kim", "email": "kim@example.org"})
    work()
    assert not mailoutbox
    user = User.objects.get(username="kim")
    assert "No password yet" in text_of(at_desk(make_superuser()).get(page_of(user)))


@pytest.mark.parametrize(
    ("posted", "field", "words"),
    [
        ({"email": ""}, "email", "needs an address"),
        ({"email": "k@example.org", "password": "Wooden-Gate-Opens-9!"}, "is_invited", "Either"),
    ],
)
def test_invitation_needs_an_address_and_no_password(posted: dict[str, str], field: str, words: str) -> None:
    answer = at_desk(make_superuser()).post(ADD, {"username": "kim", "is_invited": "on", **posted})
    assert words in str(answer.context["adminform"].form.errors[field])
    assert not User.objects.filter(username="kim").exists()


def test_action_invites_those_without_a_password(mailoutbox: list[Any]) -> None:
    user = newcomer()
    browser = at_desk(make_superuser())
    page = text_of(browser.get(action_page(user, "invite")))
    assert "within 7 days" in page
    answer = browser.post(action_page(user, "invite"), CONFIRMED, follow=True)
    assert "Invited 1 person." in text_of(answer)
    work()
    assert len(mailoutbox) == 1
    (event,) = events("user.invited")
    assert event.target_id == str(user.pk)
    browser.post(action_page(make_user(), "invite"), CONFIRMED)
    work()
    assert len(mailoutbox) == 1


def test_invitation_is_withdrawn(mailoutbox: list[Any]) -> None:
    user, browser = newcomer(), at_desk(make_superuser())
    assert print_invitation(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    assert "Ends the link that 1 person was sent" in text_of(
        browser.get(action_page(user, "withdraw_invitation"))
    )
    answer = browser.post(action_page(user, "withdraw_invitation"), CONFIRMED, follow=True)
    assert "Withdrew 1 invitation." in text_of(answer)
    (event,) = events("user.invitation_withdrawn")
    assert event.target_id == str(user.pk)
    assert not OneTimeLink.objects.open(now=timezone.now()).exists()


def test_without_mail_the_page_says_what_else_there_is(settings: Settings) -> None:
    settings.MAIL_DELIVERY = "none"
    browser = at_desk(make_superuser())
    assert "users invite" in text_of(browser.get(action_page(newcomer(), "invite"), follow=True))
    answer = browser.post(ADD, {"username": "kim", "email": "k@example.org", "is_invited": "on"})
    assert "EMAIL_URL" in str(answer.context["adminform"].form.errors["is_invited"])


def test_inviting_takes_the_right_to_set_passwords(mailoutbox: list[Any]) -> None:
    """Whoever may write down an address and invite to it has an account of their own making."""
    without = at_desk(make_staff("directory.view_user", "directory.change_user", "directory.add_user"))
    user = newcomer()
    without.post(action_page(user, "invite"), CONFIRMED)
    without.post(ADD, {"username": "kim", "email": "kim@example.org", "is_invited": "on"})
    work()
    assert not mailoutbox
    assert 'name="is_invited"' not in without.get(ADD).content.decode()
    holder = at_desk(make_staff(*MAY_ALL))
    assert holder.post(action_page(user, "invite"), CONFIRMED).status_code == 302
    work()
    assert len(mailoutbox) == 1


def test_invitation_does_not_reach_those_who_hold_more(mailoutbox: list[Any]) -> None:
    powerful = newcomer(is_staff=True, is_superuser=True)
    holder = at_desk(make_staff(*MAY_ALL))
    holder.post(action_page(powerful, "invite"), CONFIRMED)
    work()
    assert not mailoutbox
    assert not events("user.invited")


def test_list_costs_the_same_however_many_are_invited() -> None:
    browser = at_desk(make_superuser())

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(listing("directory.user"))
        return len(captured)

    cost()
    before = cost()
    for _ in range(5):
        print_invitation(user=newcomer(), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    assert cost() == before


# Given passwords -----------------------------------------------------------------------------------------------------


def test_given_password_is_changed_at_the_next_sign_in_unless_said_otherwise() -> None:
    browser, user = at_desk(make_superuser()), make_user()
    page = browser.get(page_of(user, "set_password"))
    assert page.context["form"]["must_change"].value() is True
    for must_change in (True, False):
        posted = {"password": new_password()} | ({"must_change": "on"} if must_change else {})
        browser.post(page_of(user, "set_password"), posted)
        user.refresh_from_db()
        assert user.is_password_given is must_change
        assert user.is_password_expired(at=timezone.now()) is must_change


def test_person_added_with_a_password_chooses_their_own() -> None:
    browser = at_desk(make_superuser())
    browser.post(ADD, {"username": "kim", "password": new_password(), "must_change": "on"})
    browser.post(ADD, {"username": "lee", "password": new_password()})
    assert User.objects.get(username="kim").is_password_given
    assert not User.objects.get(username="lee").is_password_given


@pytest.mark.parametrize("days", [None, 30])
def test_no_policy_makes_a_given_password_last(days: int | None) -> None:
    admin = make_superuser()
    at_desk(admin).post(ADD, {"username": "kim", "password": new_password(), "must_change": "on"})
    adopt_password_policy(
        policy=PasswordPolicy(max_age_days=days),
        actor=subject_of(admin),
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )
    assert User.objects.get(username="kim").is_password_given


def test_open_links_are_seen_and_ended() -> None:
    browser, person = at_desk(make_superuser()), newcomer(display_name="Kim Larsen")
    path = print_invitation(user=person, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    link = OneTimeLink.objects.get()
    listed = text_of(browser.get(listing("directory.onetimelink")))
    seen = listed + text_of(browser.get(page_of(link)))
    assert "Kim Larsen" in listed
    for secret in (path.rpartition("/")[2], link.token_digest):
        assert secret not in seen
    browser.post(action_page(link, "end"), CONFIRMED)
    assert Browser().get(path, follow=True).status_code == 410
    assert "Kim Larsen" not in text_of(browser.get(listing("directory.onetimelink")))
    (event,) = events("one_time_link.ended")
    assert (event.target_id, event.details) == (str(person.pk), {"link": "invitation"})
    browser.post(action_page(link, "end"), CONFIRMED)
    assert len(events("one_time_link.ended")) == 1


def test_links_of_those_who_hold_more_are_not_ended_nor_objections_of_anybody() -> None:
    browser = at_desk(make_staff("directory.view_onetimelink", "directory.change_onetimelink"))
    now = timezone.now()
    kept = [
        OneTimeLink.objects.create(
            user=user,
            purpose=purpose,
            token_digest=purpose,
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        for user, purpose in ((make_superuser(), "recovery"), (make_user(), "address_objection"))
    ]
    for link in kept:
        browser.post(action_page(link, "end"), CONFIRMED)
    assert OneTimeLink.objects.open(now=now).count() == 2
