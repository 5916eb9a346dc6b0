"""Invitations: somebody without a password gets a link that sets the first one and shows that they read the mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import OneTimeLink, User
from apps.directory.services.invitations import invite_person, link_path
from tests.factories.people import make_user, sign_in
from tests.integration.signin.attempts import attempt
from tests.integration.signin.mailbox import links_in, work

pytestmark = pytest.mark.django_db

PAGE = "/account/set-password"
CHOSEN = "Another-Door-Opens-8!"


def newcomer(**fields: Any) -> User:
    return make_user(**({"password": "!", "is_email_verified": False, "email": "kim@example.org"} | fields))


def invite(user: User) -> bool:
    invited = invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    work()
    return invited


def use(path: str) -> Any:
    browser = Client()
    browser.get(path)
    return browser.post(PAGE, {"chosen": CHOSEN, "again": CHOSEN})


def test_link_sets_the_first_password_and_verifies_the_mailbox(mailoutbox: list[Any]) -> None:
    user = newcomer()
    assert invite(user)
    (mail,) = mailoutbox
    assert mail.to == ["kim@example.org"]
    assert "7 days" in mail.body
    (path,) = links_in(mailoutbox)
    page = Client().get(path, follow=True)
    assert "Choose your password" in page.content.decode()
    assert use(path).status_code == 302
    user.refresh_from_db()
    assert user.is_email_verified
    assert attempt(user, CHOSEN).user == user
    invited, activated = (
        AuditEvent.objects.get(action=action) for action in ("user.invited", "user.activated")
    )
    assert (invited.actor_kind, invited.target_id) == ("system", str(user.pk))
    assert activated.details == {"link": "invitation", "lock_lifted": False, "email_verified": True}
    assert use(path).status_code == 410


def test_another_invitation_ends_the_former(mailoutbox: list[Any]) -> None:
    user = newcomer()
    invite(user)
    invite(user)
    former, newest = links_in(mailoutbox)
    assert use(former).status_code == 410
    assert use(newest).status_code == 302


def test_two_asked_for_at_once_are_one_mail(mailoutbox: list[Any]) -> None:
    user = newcomer()
    for _ in range(2):
        invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    work()
    assert len(mailoutbox) == 1


def test_it_lasts_as_long_as_the_setting_says(mailoutbox: list[Any], settings: Settings) -> None:
    settings.INVITATION_DAYS = 3
    invite(newcomer())
    link = OneTimeLink.objects.get()
    assert link.expires_at - link.created_at == timedelta(days=3)
    (path,) = links_in(mailoutbox)
    with freeze_time(timezone.now() + timedelta(days=3, seconds=1)):
        assert use(path).status_code == 410


def test_somebody_who_starts_later_chooses_beforehand(mailoutbox: list[Any]) -> None:
    user = newcomer(starts_on=timezone.now().date() + timedelta(days=20))
    invite(user)
    assert use(links_in(mailoutbox)[0]).status_code == 302
    assert attempt(user, CHOSEN).user is None


@pytest.mark.parametrize(
    "fields",
    [
        {"email": ""},
        {"status": User.Status.SUSPENDED},
        {"status": User.Status.DEPROVISIONED},
        {"ends_on": timezone.now().date() - timedelta(days=2)},
    ],
)
def test_not_everybody_is_invited(mailoutbox: list[Any], fields: dict[str, Any]) -> None:
    assert not invite(newcomer(**fields))
    assert not mailoutbox
    assert not AuditEvent.objects.exists()


def test_whoever_has_a_password_is_not_invited(mailoutbox: list[Any]) -> None:
    assert not invite(make_user())
    assert not mailoutbox


@pytest.mark.parametrize(
    "change",
    [
        {"status": User.Status.SUSPENDED},
        {"email": "corrected@example.org"},
        {"ends_on": timezone.now().date() - timedelta(days=2)},
        {"password": "argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"},
    ],
)
def test_link_ends_with_what_it_rests_on(mailoutbox: list[Any], change: dict[str, Any]) -> None:
    user = newcomer()
    invite(user)
    User.objects.filter(pk=user.pk).update(**change)
    assert use(links_in(mailoutbox)[0]).status_code == 410


def test_mail_goes_to_the_address_of_that_moment_and_to_nobody_activated(mailoutbox: list[Any]) -> None:
    user = newcomer()
    invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    User.objects.filter(pk=user.pk).update(email="corrected@example.org")
    work()
    assert mailoutbox[0].to == ["corrected@example.org"]
    invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    User.objects.filter(pk=user.pk).update(status=User.Status.SUSPENDED)
    work()
    assert len(mailoutbox) == 1


def test_reset_does_not_help_somebody_who_was_only_invited(mailoutbox: list[Any]) -> None:
    user = newcomer(is_email_verified=True)
    Client().post("/account/reset", {"identifier": user.username})
    work()
    assert not mailoutbox


def test_links_of_the_directory_lead_to_the_page_of_signing_in() -> None:
    assert link_path("abc") == reverse("signin:open_link", args=("abc",))


# Given passwords -----------------------------------------------------------------------------------------------------


def test_signing_in_with_a_given_password_leads_to_a_page_that_says_so() -> None:
    now = timezone.now() - timedelta(days=1)
    user = make_user(password_changed_at=now, password_expires_at=now)
    browser = Client()
    sign_in(browser, user)
    page = browser.get("/", follow=True).content.decode()
    assert "Choose a password of your own" in page
    assert "An administrator knows the present one." in page
    assert "has expired" not in page
