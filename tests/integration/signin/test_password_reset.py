"""Forgot the password: a link by mail sets a new one, once, and nobody learns from it who has an account."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.link_tokens import digest_of
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import subject_of
from apps.directory.services.people import set_password
from apps.jobs.models import Job
from apps.signin.browser_cookie import BROWSER_COOKIE
from apps.signin.models import RecognisedBrowser, Session
from apps.signin.services.password_link import set_password_with
from apps.signin.services.recognised_browsers import browser_rows
from tests.factories.people import PASSWORD, make_user, new_password, sign_in
from tests.integration.signin.attempts import attempt, page_without_token
from tests.integration.signin.mailbox import links_in, work
from tests.integration.signin.together import at_once

ASK, PAGE = "/account/reset", "/account/set-password"
CHOSEN = "Another-Door-Opens-8!"


def ask(identifier: str, browser: Client | None = None, **request_facts: Any) -> Any:
    answer = (browser or Client()).post(ASK, {"identifier": identifier}, **request_facts)
    work()
    return answer


def link_for(user: User, mails: list[Any]) -> str:
    ask(user.username)
    return links_in(mails)[-1]


def opened(path: str) -> Client:
    browser = Client()
    answer = browser.get(path)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    return browser


def choose(browser: Client, chosen: str = CHOSEN, again: str | None = None) -> Any:
    return browser.post(PAGE, {"chosen": chosen, "again": chosen if again is None else again})


def use(path: str, chosen: str = CHOSEN) -> Any:
    return choose(opened(path), chosen)


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("id"))


# The way through -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_link_by_mail_sets_a_new_password_and_ends_all_that_was_open(mailoutbox: list[Any]) -> None:
    user = make_user(email="kim@example.org")
    elsewhere = Client()
    sign_in(elsewhere, user)
    answer = ask("kim@example.org")
    assert answer.status_code == 200
    assert "on its way" in answer.content.decode()
    (mail,) = mailoutbox
    assert mail.to == ["kim@example.org"]
    assert user.username in mail.body
    answer = use(links_in(mailoutbox)[0])
    assert answer.status_code == 302
    assert answer["Location"] == f"/login/?login_hint={user.username}"
    assert attempt(user).user is None
    assert attempt(user, CHOSEN).user == user
    assert elsewhere.get("/").status_code == 302
    session = Session.objects.get()
    assert (session.ended_at is not None, session.end_reason) == (True, "password_changed")


@pytest.mark.django_db
def test_log_says_who_asked_and_what_came_of_it_without_the_link(mailoutbox: list[Any]) -> None:
    user = make_user()
    path = link_for(user, mailoutbox)
    use(path)
    (asked,), (reset,) = events("user.password_reset_requested"), events("user.password_reset")
    assert (asked.target_id, asked.actor_kind, asked.outcome) == (str(user.pk), "anonymous", "success")
    assert (reset.target_id, reset.actor_id) == (str(user.pk), str(user.pk))
    assert reset.details == {"link": "reset", "lock_lifted": False, "email_verified": False}
    token = path.rpartition("/")[2]
    written = (
        f"{list(AuditEvent.objects.values())}{list(Job.objects.values())}{list(OneTimeLink.objects.values())}"
    )
    assert token not in written
    assert token not in "".join(Job.objects.values_list("payload", flat=True))
    assert CHOSEN not in written


@pytest.mark.django_db
def test_policy_holds_and_a_refused_password_leaves_the_link(mailoutbox: list[Any]) -> None:
    user = make_user()
    browser = opened(link_for(user, mailoutbox))
    for chosen, again, told in (
        ("short", None, "12 characters"),
        (PASSWORD, None, "last 12"),
        (CHOSEN, "different", "The two differ"),
    ):
        answer = choose(browser, chosen, again)
        assert answer.status_code == 400
        assert told in answer.content.decode()
    assert choose(browser).status_code == 302
    assert attempt(user, CHOSEN).user == user


@pytest.mark.django_db
def test_lock_of_this_account_is_lifted_and_of_no_other(mailoutbox: list[Any]) -> None:
    until = timezone.now() + timedelta(minutes=20)
    user, other = (make_user(failed_sign_ins=5, locked_until=until) for _ in range(2))
    use(link_for(user, mailoutbox))
    user.refresh_from_db()
    other.refresh_from_db()
    assert (user.locked_until, user.failed_sign_ins) == (None, 0)
    assert other.locked_until == until
    assert events("user.password_reset")[0].details["lock_lifted"] is True


# The link ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_strangers_who_guess_on_keep_nobody_out_of_the_browser_of_the_reset(mailoutbox: list[Any]) -> None:
    user = make_user(email="kim@example.org")
    browser = opened(link_for(user, mailoutbox))
    assert choose(browser).status_code == 302
    for _ in range(5):
        Client().post("/login/", {"identifier": user.username, "password": "wrong"})
    user.refresh_from_db()
    assert user.locked_until is not None
    right = {"identifier": user.username, "password": CHOSEN}
    assert Client().post("/login/", right).status_code == 401
    assert browser.post("/login/", right).status_code == 302


@pytest.mark.django_db
def test_browser_of_the_reset_forgets_its_own_wrong_guesses(mailoutbox: list[Any]) -> None:
    user, browser = make_user(email="kim@example.org"), Client()
    sign_in(browser, user)
    browser.post("/logout/")
    for _ in range(5):
        browser.post("/login/", {"identifier": user.username, "password": "wrong"})
    browser.get(link_for(user, mailoutbox))
    choose(browser)
    assert browser.post("/login/", {"identifier": user.username, "password": CHOSEN}).status_code == 302


@pytest.mark.django_db
def test_reset_forgets_every_browser_but_the_one_in_hand(mailoutbox: list[Any]) -> None:
    user, intruder, own = make_user(email="kim@example.org"), Client(), Client()
    colleague = make_user()
    for browser in (intruder, own):
        sign_in(browser, user)
    sign_in(intruder, colleague)
    own.get(link_for(user, mailoutbox))
    choose(own)
    (left,) = RecognisedBrowser.objects.filter(user=user)
    token = own.cookies[BROWSER_COOKIE].value
    assert list(browser_rows(user_id=user.pk, browser_token=token)) == [left]
    assert RecognisedBrowser.objects.filter(user=colleague).count() == 1
    (forgotten,) = events("browser.forgotten")
    assert (forgotten.actor_id, forgotten.target_id) == (str(user.pk), str(user.pk))
    notices = len(mailoutbox)
    for browser, more in ((own, 0), (intruder, 1)):
        browser.post("/login/", {"identifier": user.username, "password": CHOSEN})
        work()
        assert len(mailoutbox) == notices + more


@pytest.mark.django_db
def test_token_leaves_the_address_at_once_and_is_not_handed_on(mailoutbox: list[Any]) -> None:
    path = link_for(make_user(), mailoutbox)
    browser = Client()
    answer = browser.get(path)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    token = path.rpartition("/")[2]
    page = browser.get(PAGE)
    assert token not in page.content.decode()
    assert token not in str(dict(browser.session))


@pytest.mark.django_db
def test_looking_at_the_link_uses_nothing_up(mailoutbox: list[Any]) -> None:
    path = link_for(make_user(), mailoutbox)
    for _scanner in range(3):
        scanner = Client()
        assert scanner.get(path, follow=True).status_code == 200
        assert scanner.head(path).status_code == 302
        assert scanner.post(path).status_code == 405
    assert use(path).status_code == 302


@pytest.mark.django_db
def test_link_works_once(mailoutbox: list[Any]) -> None:
    path = link_for(make_user(), mailoutbox)
    first, second = opened(path), opened(path)
    assert choose(first).status_code == 302
    for answer in (second.get(PAGE), choose(second, new_password()), choose(first, new_password())):
        assert answer.status_code == 410


@pytest.mark.django_db
def test_session_that_somebody_planted_does_not_get_the_link(mailoutbox: list[Any]) -> None:
    path = link_for(make_user(), mailoutbox)
    victim = Client()
    victim.session.save()
    victim.get("/login/")
    planted = victim.session
    planted["anything"] = 1
    planted.save()
    victim.cookies["gatehouse"] = planted.session_key or ""
    attacker = Client()
    attacker.cookies["gatehouse"] = planted.session_key or ""
    victim.get(path)
    assert choose(attacker).status_code == 410
    assert choose(victim).status_code == 302


def _used(user: User) -> None:
    OneTimeLink.objects.update(used_at=timezone.now())


def _too_old(user: User) -> None:
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def _suspended(user: User) -> None:
    User.objects.filter(pk=user.pk).update(status=User.Status.SUSPENDED)


def _suspended_for_a_while(user: User) -> None:
    User.objects.filter(pk=user.pk).update(sign_ins_valid_since=timezone.now())


def _left(user: User) -> None:
    User.objects.filter(pk=user.pk).update(ends_on=timezone.now().date() - timedelta(days=1))


def _another_mailbox(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="new@example.org")


def _new_password(user: User) -> None:
    set_password(
        user=user,
        password=new_password(),
        actor=subject_of(user),
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )


def _newer_link(user: User) -> None:
    ask(user.username)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "happens",
    [
        _used,
        _too_old,
        _suspended,
        _suspended_for_a_while,
        _left,
        _another_mailbox,
        _new_password,
        _newer_link,
    ],
)
@pytest.mark.parametrize("when", ["before it is opened", "before it is sent off"])
def test_link_ends_with_what_it_rests_on(
    mailoutbox: list[Any], happens: Callable[[User], None], when: str
) -> None:
    user = make_user()
    path = link_for(user, mailoutbox)
    password = User.objects.values_list("password", flat=True).get()
    if when == "before it is opened":
        happens(user)
        browser = opened(path)
        void = browser.get(PAGE)
    else:
        browser = opened(path)
        assert browser.get(PAGE).status_code == 200
        happens(user)
        void = choose(browser)
    assert void.status_code == 410
    assert "does not work any more" in void.content.decode()
    user.refresh_from_db()
    assert not user.check_password(CHOSEN)
    if happens is not _new_password:
        assert user.password == password


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 4000, "%00", "..", "é"])
def test_made_up_links_are_void_and_all_alike(token: str) -> None:
    browser = Client()
    browser.get(f"{PAGE}/{token}")
    answer = browser.get(PAGE)
    assert answer.status_code == 410
    assert page_without_token(answer) == page_without_token(Client().get(PAGE))
    # Nor do they fill the table of sessions.
    assert not BrowserSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_sets_the_password(mailoutbox: list[Any]) -> None:
    user = make_user()
    token = link_for(user, mailoutbox).rpartition("/")[2]
    passwords = [new_password() for _ in range(6)]

    def attempt_to_set(chosen: str) -> bool:
        use = set_password_with(
            token_digest=digest_of(token),
            chosen=chosen,
            browser_token="any",
            origin=SYSTEM_ORIGIN,
            now=timezone.now(),
        )
        return use.used is not None

    won = at_once([lambda chosen=chosen: attempt_to_set(chosen) for chosen in passwords])  # type: ignore[misc]
    assert won.count(True) == 1
    user.refresh_from_db()
    assert user.check_password(passwords[won.index(True)])
    assert len(events("user.password_reset")) == 1


# Who gets one --------------------------------------------------------------------------------------------------------


def _unknown(name: str) -> None:
    """Nobody."""


def _unverified(name: str) -> None:
    make_user(username=name, is_email_verified=False)


def _no_address(name: str) -> None:
    make_user(username=name, email="")


def _not_active(name: str) -> None:
    make_user(username=name, status=User.Status.SUSPENDED)


def _deprovisioned(name: str) -> None:
    make_user(username=name, status=User.Status.DEPROVISIONED)


def _not_started(name: str) -> None:
    make_user(username=name, starts_on=timezone.now().date() + timedelta(days=2))


def _no_password(name: str) -> None:
    make_user(username=name, password="!")


SITUATIONS = [_unknown, _unverified, _no_address, _not_active, _deprovisioned, _not_started, _no_password]


def seen(answer: Any) -> tuple[Any, ...]:
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Expires"}
    }
    headers.pop("Content-Length")
    return answer.status_code, headers, page_without_token(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("situation", SITUATIONS)
def test_without_a_way_to_send_it_nothing_is_sent_and_the_answer_is_the_same(
    mailoutbox: list[Any], situation: Callable[[str], None]
) -> None:
    situation("kim.larsen")
    refused = seen(ask("kim.larsen"))
    assert not mailoutbox
    assert not OneTimeLink.objects.exists()
    assert events("user.password_reset_requested")[-1].outcome == "refused"
    answered = seen(ask(make_user().username))
    assert len(mailoutbox) == 1
    assert refused == answered


TABLES = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')


@pytest.mark.django_db
@pytest.mark.parametrize("situation", SITUATIONS)
def test_it_takes_the_same_statements_whoever_is_meant(situation: Callable[[str], None]) -> None:
    situation("kim.larsen")
    known = make_user().username

    def statements(name: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            Client().post(ASK, {"identifier": name})
        return [" ".join(TABLES.findall(query["sql"])) for query in captured.captured_queries]

    statements(known)
    assert statements("kim.larsen") == statements(known)


@pytest.mark.django_db
def test_suspension_between_asking_and_sending_stops_the_mail(mailoutbox: list[Any]) -> None:
    user = make_user()
    Client().post(ASK, {"identifier": user.username})
    _suspended(user)
    work()
    assert not mailoutbox


@pytest.mark.django_db
def test_what_was_typed_is_kept_nowhere() -> None:
    typed = "My-Secret-Password-1!"
    Client().post(ASK, {"identifier": typed})
    assert typed not in str(list(AuditEvent.objects.values()))
    assert typed not in "".join(Job.objects.values_list("payload", flat=True))


# Attacks -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_FORWARDED": "host=evil.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_ORIGIN": "http://localhost:8000", "HTTP_REFERER": "https://evil.example/"},
    ],
)
def test_links_name_the_installation_whatever_the_request_says(
    mailoutbox: list[Any], headers: dict[str, Any]
) -> None:
    user = make_user()
    ask(user.username, None, **headers)
    (mail,) = mailoutbox
    parts = f"{mail.subject}{mail.body}{mail.alternatives[0][0]}"
    assert "evil.example" not in parts
    assert {*re.findall(r"https?://[^/\s<\"]+", parts)} == {"http://localhost:8000"}


@pytest.mark.django_db
def test_host_that_is_not_ours_is_refused(mailoutbox: list[Any]) -> None:
    assert ask(make_user().username, HTTP_HOST="evil.example").status_code == 400
    assert not mailoutbox


@pytest.mark.django_db
def test_form_of_another_site_is_refused(mailoutbox: list[Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(ASK, {"identifier": make_user().username}).status_code == 403
    path = link_for(make_user(), mailoutbox)
    browser.get(path)
    assert choose(browser).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "identifier", ["", " ", "x" * 300, "a\x00b", "kim@example.org\r\nBcc: x@example.org"]
)
def test_odd_names_do_no_harm(mailoutbox: list[Any], identifier: str) -> None:
    assert ask(identifier).status_code in {200, 400}
    assert not mailoutbox


@pytest.mark.django_db
def test_user_name_of_somebody_elses_mailbox_gets_its_owner_nothing(mailoutbox: list[Any]) -> None:
    """Who merely wrote an address into their record does not get its owner's link, nor the other way round."""
    victim = make_user(email="victim@example.org")
    make_user(email="Victim@example.org ", is_email_verified=False)
    ask("victim@example.org")
    assert [mail.to for mail in mailoutbox] == [["victim@example.org"]]
    assert victim.username in mailoutbox[0].body


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        "m\u0131ke@example.org",  # a dotless i, which is I in capitals
        "M\u0130KE@example.org",
        "mi\u212ae@example.org",  # the Kelvin sign, which is k in small letters
        "\uff4dike@example.org",
        "mike@example\u3002org",
        "mike@example.org.",
        "mike@\u0435xample.org",
        "mike+x@example.org",
        "mi\u00adke@example.org",
        '"mike"@example.org',
    ],
)
def test_look_alike_address_gets_nobody_elses_link(mailoutbox: list[Any], typed: str) -> None:
    """Whoever a database takes for somebody: the mail goes to the address on record and to no other."""
    make_user(email="mike@example.org")
    assert ask(typed).status_code in {200, 400}
    assert {address for mail in mailoutbox for address in mail.to} <= {"mike@example.org"}


# Limits --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT_PERCENT = 100
    with freeze_time("2026-11-23 09:00:10"):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("is_known", [True, False])
def test_account_gets_five_mails_an_hour_and_the_answer_stays(mailoutbox: list[Any], is_known: bool) -> None:
    name = make_user().username if is_known else "nobody.here"
    answers = [seen(ask(name, REMOTE_ADDR=f"192.0.2.{n}")) for n in range(8)]
    assert len(mailoutbox) == (5 if is_known else 0)
    assert all(answer == answers[0] for answer in answers)
    reasons = [event.details.get("reason") for event in events("user.password_reset_requested")]
    assert reasons.count("rate_limited") == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("limited")
def test_address_asks_thirty_times_and_is_told_to_wait(mailoutbox: list[Any]) -> None:
    statuses = [ask(f"nobody{n}").status_code for n in range(31)]
    assert statuses == [200] * 30 + [429]
    answer = ask(make_user().username)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes." in answer.content.decode()
    assert not mailoutbox
    assert ask(make_user().username, REMOTE_ADDR="192.0.2.77").status_code == 200
    assert len(mailoutbox) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("limited")
def test_addresses_of_one_ipv6_network_ask_together() -> None:
    statuses = [ask(f"nobody{n}", REMOTE_ADDR=f"2001:db8:1:2::{n + 1:x}").status_code for n in range(31)]
    assert statuses == [200] * 30 + [429]
    assert ask("nobody", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


# Where it is offered -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_sign_in_page_offers_it_where_mail_is_sent(settings: Settings) -> None:
    assert ASK in Client().get("/login/").content.decode()
    settings.MAIL_DELIVERY = "none"
    assert ASK not in Client().get("/login/").content.decode()
    assert Client().get(ASK)["Location"] == "/login/"
    assert Client().post(ASK, {"identifier": "kim"})["Location"] == "/login/"


@pytest.mark.django_db
def test_whoever_is_signed_in_with_an_expired_password_can_use_a_link(mailoutbox: list[Any]) -> None:
    user = make_user(password_expires_at=timezone.now() - timedelta(days=1))
    browser = Client()
    sign_in(browser, user)
    path = link_for(user, mailoutbox)
    assert browser.get(path)["Location"] == PAGE
    assert choose(browser).status_code == 302
    assert browser.get("/").status_code == 302, "and is signed out"
    assert attempt(user, CHOSEN).user == user


@pytest.mark.django_db
def test_link_used_in_somebody_elses_browser_signs_them_out(mailoutbox: list[Any]) -> None:
    other, user = make_user(), make_user()
    browser = Client()
    sign_in(browser, other)
    browser.get(link_for(user, mailoutbox))
    assert user.username in browser.get(PAGE).content.decode()
    choose(browser)
    assert browser.get("/").status_code == 302
    other.refresh_from_db()
    assert other.check_password(PASSWORD)
