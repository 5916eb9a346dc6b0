"""What people are told by mail about their account: once, in their own time, with no link that others chose."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from apps.access.models import Assignment
from apps.access.services.assignments import assign_role
from apps.audit.models import AuditEvent
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
from apps.directory.selectors import subject_of
from apps.directory.services.group_nesting import nest_group
from apps.jobs.models import Job
from apps.signin.models import NoticeCount, NoticePolicy, Session
from apps.signin.services.expiry_notices import tell_of_expiry
from apps.signin.services.notice_limits import may_be_sent
from apps.signin.services.sso_sessions import end_session
from tests.factories.people import PASSWORD, make_user, new_password, sign_in
from tests.factories.places import ZURICH, write_places
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    errors_of,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    submission,
)
from tests.integration.signin.attempts import fail
from tests.integration.signin.noticing import CHROME, deliver, read_log, work
from tests.integration.signin.together import at_once

pytestmark = pytest.mark.django_db
URL = re.compile(r"https?://\S+")


def subjects(mails: list[Any]) -> list[str]:
    return [mail.subject for mail in mails]


# Lock-out ------------------------------------------------------------------------------------------------------------


def test_lock_is_told_once_and_not_once_per_guess(mailoutbox: list[Any]) -> None:
    user = make_user()
    fail(user, 12, now=timezone.now())
    (mail,) = deliver(mailoutbox)
    assert mail.to == [user.email]
    assert mail.subject == "Sign-in to your account is paused"
    assert "paused sign-in for 30 minutes" in mail.body
    assert "192.0.2.1" in mail.body
    assert not deliver(mailoutbox)


def test_guesses_that_lock_nothing_are_not_told(mailoutbox: list[Any]) -> None:
    fail(make_user(), 4, now=timezone.now())
    assert not deliver(mailoutbox)


def test_locks_fill_no_mailbox(mailoutbox: list[Any]) -> None:
    user, other = make_user(), make_user()
    start = timezone.now() - timedelta(hours=6)
    for round_ in range(6):
        fail(user, 5, now=start + round_ * timedelta(hours=1), address=f"192.0.2.{round_ + 1}")
    fail(other, 5, now=start)
    assert AuditEvent.objects.filter(details__locked_now=True).count() == 7
    assert sorted(mail.to[0] for mail in deliver(mailoutbox)) == sorted([user.email] * 3 + [other.email])


def test_name_of_nobody_is_told_nobody(mailoutbox: list[Any]) -> None:
    fail("nobody.here", 8, now=timezone.now())
    assert not deliver(mailoutbox)


def test_locking_attempt_costs_the_same_whether_somebody_is_told() -> None:
    """Whoever guesses cannot tell by the statements, and so by the time, that a mail goes out."""

    def statements_of_fifth(name: str) -> list[str]:
        fail(name, 4, now=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            fail(name, 1, now=timezone.now())
        return [re.sub(r"'[^']*'|\d+|%s", "", query["sql"])[:40] for query in captured.captured_queries]

    user = make_user()
    fail("warm.up", 1, now=timezone.now(), address="192.0.2.200")
    assert statements_of_fifth(user.username) == statements_of_fifth("nobody.here")
    assert not Job.objects.exists()


# A browser not seen before -------------------------------------------------------------------------------------------


def test_first_sign_in_of_all_is_no_news(mailoutbox: list[Any]) -> None:
    sign_in(Browser(), make_user())
    assert not deliver(mailoutbox)


def test_another_browser_is_news_with_device_place_and_the_reader_s_time(
    mailoutbox: list[Any], settings: Settings, tmp_path: Path
) -> None:
    settings.GEOIP_PATH = write_places(tmp_path / "places.mmdb")
    user = make_user(time_zone="Asia/Tokyo")
    known = Browser()
    sign_in(known, user)
    with freeze_time("2026-11-23 20:30:00", tick=True):
        sign_in(Browser(), user, HTTP_USER_AGENT=CHROME, REMOTE_ADDR=ZURICH)
        (mail,) = deliver(mailoutbox)
    assert mail.subject == "New sign-in to your account"
    for words in (
        "There was a sign-in with your password in a browser that we have not seen before.",
        "24 Nov 2026, 05:30 JST",
        "Chrome on Windows",
        f"Zürich, Switzerland ({ZURICH})",
        "If this was not you",
    ):
        assert words in mail.body
        assert words in mail.alternatives[0][0]
    known.post("/logout/")
    sign_in(known, user)
    assert not deliver(mailoutbox)


def test_new_browsers_fill_no_mailbox(mailoutbox: list[Any]) -> None:
    user = make_user()
    for _ in range(14):
        sign_in(Browser(), user)
    assert len(deliver(mailoutbox)) == 10


@pytest.mark.parametrize(
    "agent",
    [
        "http://evil.example/ Chrome/1 Windows",
        '<a href="http://evil.example">Firefox/1</a> Linux',
        "evil.example",
        "\r\nSubject: evil.example\r\n\r\nFirefox/1",
    ],
)
def test_what_a_browser_calls_itself_stands_in_no_mail(mailoutbox: list[Any], agent: str) -> None:
    user = make_user()
    sign_in(Browser(), user)
    sign_in(Browser(), user, HTTP_USER_AGENT=agent)
    fail(user, 5, now=timezone.now())
    for mail in deliver(mailoutbox):
        whole = f"{mail.subject}{mail.body}{mail.alternatives[0][0]}{mail.extra_headers}"
        assert "evil" not in whole
        assert all(url.startswith("http://localhost:8000") for url in URL.findall(mail.body))


@pytest.mark.parametrize("facts", [{"is_email_verified": False}, {"email": ""}])
def test_address_that_may_be_somebody_else_s_gets_no_notice(
    mailoutbox: list[Any], facts: dict[str, Any]
) -> None:
    user = make_user(**facts)
    sign_in(Browser(), user)
    sign_in(Browser(), user)
    fail(user, 5, now=timezone.now())
    assert not deliver(mailoutbox)
    assert not Job.objects.exists()


# Passwords -----------------------------------------------------------------------------------------------------------


def test_own_change_of_password_is_told(mailoutbox: list[Any]) -> None:
    user, browser, chosen = make_user(), Browser(), new_password()
    sign_in(browser, user)
    answer = browser.post(
        "/account/password",
        {"present": PASSWORD, "chosen": chosen, "again": chosen, "next": ""},
        HTTP_USER_AGENT=CHROME,
        REMOTE_ADDR="198.51.100.8",
    )
    assert answer.status_code == 302
    (mail,) = deliver(mailoutbox)
    assert mail.subject == "Your password was changed"
    assert "198.51.100.8" in mail.body
    assert "Chrome on Windows" in mail.body
    assert chosen not in mail.body


def test_password_set_by_an_administrator_is_told_without_their_address(mailoutbox: list[Any]) -> None:
    user, chosen = make_user(last_sign_in_at=timezone.now()), new_password()
    desk = at_desk(make_superuser())
    page = f"/admin/directory/user/{user.pk}/password/"
    assert desk.post(page, {"password": chosen}, REMOTE_ADDR="198.51.100.9").status_code == 302
    (mail,) = deliver(mailoutbox)
    assert mail.to == [user.email]
    assert mail.subject == "Your password was set by an administrator"
    assert "198.51.100.9" not in mail.body
    assert chosen not in mail.body


def test_first_password_of_somebody_new_is_no_news(mailoutbox: list[Any]) -> None:
    user = make_user()
    desk = at_desk(make_superuser())
    page = f"/admin/directory/user/{user.pk}/password/"
    assert desk.post(page, {"password": new_password()}).status_code == 302
    assert not deliver(mailoutbox)


# Sessions ------------------------------------------------------------------------------------------------------------


def end_all(user: User, reason: Session.EndReason, actor: User) -> None:
    for session in Session.objects.filter(user=user):
        end_session(
            session_id=session.pk,
            reason=reason,
            actor=subject_of(actor),
            origin=SYSTEM_ORIGIN,
            now=timezone.now(),
        )


def with_sessions(count: int) -> User:
    user = make_user()
    browser_less = {"started_at", "authenticated_at", "last_seen_at"}
    now = timezone.now()
    for _ in range(count):
        Session.objects.create(
            user=user, expires_at=now + timedelta(hours=8), **dict.fromkeys(browser_less, now)
        )
    return user


def test_sessions_that_an_administrator_ends_are_told_in_one_mail(mailoutbox: list[Any]) -> None:
    user = with_sessions(3)
    end_all(user, Session.EndReason.ENDED_BY_ADMINISTRATOR, make_user())
    (mail,) = deliver(mailoutbox)
    assert mail.subject == "An administrator signed you out"


def test_sessions_that_people_end_themselves_are_not_told(mailoutbox: list[Any]) -> None:
    user, administrator = with_sessions(2), with_sessions(1)
    end_all(user, Session.EndReason.ENDED_BY_PERSON, user)
    end_all(administrator, Session.EndReason.ENDED_BY_ADMINISTRATOR, administrator)
    assert not deliver(mailoutbox)


def test_whoever_has_left_is_told_nothing(mailoutbox: list[Any]) -> None:
    user = with_sessions(1)
    end_all(user, Session.EndReason.ENDED_BY_ADMINISTRATOR, make_user())
    User.objects.filter(pk=user.pk).update(status=User.Status.DEPROVISIONED)
    assert not deliver(mailoutbox)


# Addresses -----------------------------------------------------------------------------------------------------------


def change_in_administration(user: User, **fields: Any) -> None:
    desk = at_desk(make_superuser())
    answer = desk.post(page_of(user), submission(desk.get(page_of(user)), **fields))
    assert answer.status_code == 302, errors_of(answer)


def test_address_changed_by_an_administrator_is_told_to_both(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org")
    change_in_administration(user, email="new@example.org")
    mails = {mail.to[0]: mail for mail in deliver(mailoutbox)}
    assert mails.keys() == {"old@example.org", "new@example.org"}
    assert "new@example.org" not in mails["old@example.org"].body
    assert "old@example.org" not in mails["new@example.org"].body
    assert user.username not in mails["new@example.org"].body


def test_former_address_that_was_not_verified_is_not_told(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org", is_email_verified=False)
    change_in_administration(user, email="new@example.org")
    assert [mail.to for mail in deliver(mailoutbox)] == [["new@example.org"]]


# Rights in the administration ----------------------------------------------------------------------------------------

RIGHTS = "You have rights in the administration"


def give(user: User, *rights: str, **fields: Any) -> None:
    assign_role(
        role=make_role(*rights, **fields),
        user=user,
        reason="",
        actor=subject_of(make_user()),
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )


def test_role_with_rights_is_told_and_one_without_is_not(mailoutbox: list[Any]) -> None:
    user = make_user()
    give(user)
    assert not deliver(mailoutbox)
    give(user, "directory.view_user", "directory.change_user", name="Keeper of people")
    (mail,) = deliver(mailoutbox)
    assert (mail.to, mail.subject) == ([user.email], RIGHTS)
    assert "Keeper of people" in mail.body


def test_name_of_a_role_is_no_link(mailoutbox: list[Any]) -> None:
    name = "Visit http://evil.example/now or www.evil.example, kim@evil.example <b>x</b>"
    give(make_user(), "directory.view_user", name=name)
    (mail,) = deliver(mailoutbox)
    for part in (mail.body, mail.alternatives[0][0]):
        assert "evil.example" not in part
        assert "://evil" not in part
        assert "@evil" not in part
    assert "<b>" not in mail.alternatives[0][0]


def test_role_given_in_the_administration_is_told(mailoutbox: list[Any]) -> None:
    user, role = make_user(), make_role("directory.view_user")
    desk = at_desk(make_superuser())
    page = f"{adding('access.assignment')}?user={user.pk}"
    answer = desk.post(page, submission(desk.get(page), role=str(role.pk), user=str(user.pk)))
    assert answer.status_code == 302, errors_of(answer)
    assert Assignment.objects.filter(user=user).exists()
    assert subjects(deliver(mailoutbox)) == [RIGHTS]


def test_whoever_comes_to_rights_through_a_group_is_told(mailoutbox: list[Any]) -> None:
    now, keepers, inner = (
        timezone.now(),
        Group.objects.create(name="Keepers"),
        Group.objects.create(name="In"),
    )
    assign(make_role("directory.view_user"), keepers)
    member = make_user()
    Membership.objects.create(user=member, group=inner, created_at=now)
    nest_group(parent=keepers, child=inner, actor=subject_of(make_user()), origin=SYSTEM_ORIGIN, now=now)
    (mail,) = deliver(mailoutbox)
    assert (mail.to, mail.subject) == ([member.email], RIGHTS)


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_right_in_the_record_is_told(mailoutbox: list[Any], right: str) -> None:
    user = make_user()
    change_in_administration(user, **{right: "on"})
    (mail,) = deliver(mailoutbox)
    assert (mail.to, mail.subject) == ([user.email], RIGHTS)


# Passwords that expire -----------------------------------------------------------------------------------------------


def expiring(in_days: float, **fields: Any) -> User:
    now = timezone.now()
    return make_user(
        **(
            {
                "password_changed_at": now - timedelta(days=80),
                "password_expires_at": now + timedelta(days=in_days),
            }
            | fields
        )
    )


def test_expiry_is_told_seven_days_before_and_once(mailoutbox: list[Any]) -> None:
    user = expiring(6.9)
    expiring(7.1)
    now = timezone.now()
    assert tell_of_expiry(now=now) == 1
    assert tell_of_expiry(now=now + timedelta(hours=1)) == 0
    work()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([user.email], "Your password expires soon")
    assert "http://localhost:8000/account/password" in mail.body
    User.objects.filter(pk=user.pk).update(password_expires_at=now + timedelta(days=3))
    assert tell_of_expiry(now=now) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "!"},
        {"is_email_verified": False},
        {"email": ""},
        {"status": User.Status.SUSPENDED},
        {"password_changed_at": None},
        {"password_expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_expiry_is_not_told_where_it_means_nothing(fields: dict[str, Any]) -> None:
    expiring(3, **fields)
    assert tell_of_expiry(now=timezone.now()) == 0


def test_password_changed_meanwhile_expires_no_more(mailoutbox: list[Any]) -> None:
    user = expiring(3)
    tell_of_expiry(now=timezone.now())
    User.objects.filter(pk=user.pk).update(password_expires_at=timezone.now() + timedelta(days=90))
    work()
    assert not mailoutbox


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_tells() -> None:
    for _ in range(20):
        expiring(3)
    now = timezone.now()
    assert sum(at_once([lambda: tell_of_expiry(now=now)] * 3)) == 20
    assert Job.objects.count() == 20


# What is switched off, and what never is ------------------------------------------------------------------------------


def test_notices_that_are_switched_off_are_not_sent(mailoutbox: list[Any]) -> None:
    NoticePolicy.objects.create(
        lock_out=False, new_browser=False, sessions_ended=False, password_expiry=False
    )
    user = make_user()
    sign_in(Browser(), user)
    sign_in(Browser(), user)
    fail(user, 5, now=timezone.now())
    end_all(user, Session.EndReason.ENDED_BY_ADMINISTRATOR, make_user())
    expiring(3)
    assert tell_of_expiry(now=timezone.now()) == 0
    assert not deliver(mailoutbox)
    give(user, "directory.view_user")
    assert subjects(deliver(mailoutbox)) == [RIGHTS]


def test_policy_is_changed_by_a_new_version_that_is_recorded() -> None:
    desk = at_desk(make_superuser())
    NoticePolicy.objects.create(new_browser=False)
    page = desk.get(adding("signin.noticepolicy"))
    answer = desk.post(adding("signin.noticepolicy"), submission(page, lock_out=None))
    assert answer.status_code == 302, errors_of(answer)
    newest = NoticePolicy.objects.latest()
    assert (newest.lock_out, newest.new_browser, newest.sessions_ended) == (False, False, True)
    event = AuditEvent.objects.get(action="notice_policy.changed")
    assert (event.personal or {})["before"]["lock_out"] is True
    assert desk.post(page_of(newest), {"lock_out": "on"}).status_code == 403


def test_policy_is_for_those_who_hold_the_right() -> None:
    assert at_desk(make_staff("signin.view_session")).get(adding("signin.noticepolicy")).status_code == 403
    allowed = at_desk(make_staff("signin.add_noticepolicy", "signin.view_noticepolicy"))
    assert allowed.get(adding("signin.noticepolicy")).status_code == 200


# The reader ----------------------------------------------------------------------------------------------------------


def test_what_is_long_ago_is_no_news(mailoutbox: list[Any]) -> None:
    user = make_user()
    fail(user, 5, now=timezone.now() - timedelta(days=2))
    assert not deliver(mailoutbox)


def test_event_of_somebody_who_is_gone_holds_nobody_up(mailoutbox: list[Any]) -> None:
    user, gone = make_user(), make_user()
    fail(gone, 5, now=timezone.now())
    fail(user, 5, now=timezone.now(), address="192.0.2.9")
    gone.delete()
    assert [mail.to for mail in deliver(mailoutbox)] == [[user.email]]


def test_without_a_mail_server_nothing_waits(settings: Settings) -> None:
    settings.MAIL_DELIVERY = "none"
    fail(make_user(), 5, now=timezone.now())
    read_log()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_day_s_limit_holds_when_many_come_at_once() -> None:
    user, now = make_user(), timezone.now()
    sent = at_once([lambda: may_be_sent(user_id=user.pk, kind="x", limit=3, now=now)] * 6)
    assert sent.count(True) == 3
    assert may_be_sent(user_id=user.pk, kind="x", limit=3, now=now + timedelta(days=1))
    assert NoticeCount.objects.get().count == 1
