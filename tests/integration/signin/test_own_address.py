"""One's own e-mail address: shown to be one's own, changed by proof of the new mailbox, put back by the former."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import subject_of
from apps.directory.selectors.links import digest_of
from apps.directory.services.addresses import use_address_link
from apps.directory.services.people import set_password
from apps.jobs.models import Job
from apps.signin.browser_cookie import BROWSER_COOKIE
from apps.signin.models import RecognisedBrowser, Session
from apps.signin.services.own_address import use_link
from apps.signin.services.recognised_browsers import browser_rows
from tests.factories.people import PASSWORD, make_user, new_password, sign_in
from tests.integration.admin.desk import action_page, at_desk, make_superuser, page_of, submission
from tests.integration.signin.attempts import attempt, page_without_token
from tests.integration.signin.noticing import work
from tests.integration.signin.together import at_once

pytestmark = pytest.mark.django_db
ASK, VERIFY, LINK = "/account/email", "/account/email/verify", "/account/email/link"
LINK_IN_MAIL = re.compile(r"http://localhost:8000(/account/email/link/([\w-]+))")
NEW = "new@example.org"


def at_home(user: User, **headers: Any) -> Browser:
    browser = Browser()
    sign_in(browser, user, **headers)
    return browser


def ask(browser: Browser, address: str = NEW, password: str = PASSWORD, **headers: Any) -> Any:
    return browser.post(ASK, {"address": address, "present": password}, **headers)


def path_in(mail: Any) -> str:
    found = LINK_IN_MAIL.search(mail.body)
    assert found, mail.body
    return found.group(1)


def mails_to(address: str, mailoutbox: list[Any]) -> list[Any]:
    return [mail for mail in mailoutbox if mail.to == [address]]


def asked_for(user: User, mailoutbox: list[Any], address: str = NEW) -> tuple[str, str]:
    """The paths in the mails to the new and to the former address."""
    assert ask(at_home(user), address).status_code == 302
    former = user.email
    work()
    with_link = [mail for mail in mailoutbox if LINK_IN_MAIL.search(mail.body)]
    return path_in(mails_to(address, with_link)[-1]), path_in(mails_to(former, with_link)[-1])


def token_in(path: str) -> str:
    return path.rpartition("/")[2]


def press(path: str, browser: Browser | None = None) -> Any:
    """Opens the link and presses the button."""
    browser = browser or Browser()
    browser.get(path)
    return browser.post(LINK)


def verification_for(user: User, mailoutbox: list[Any]) -> str:
    assert at_home(user).post(VERIFY).status_code == 302
    work()
    return path_in(mailoutbox[-1])


def told(event: AuditEvent, name: str) -> Any:
    return (event.personal or {}).get(name)


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("id"))


# Showing that the address is one's own -------------------------------------------------------------------------------


def test_link_verifies_the_address_once_the_button_is_pressed(mailoutbox: list[Any]) -> None:
    user = make_user(is_email_verified=False)
    path = verification_for(user, mailoutbox)
    assert mailoutbox[-1].to == [user.email]
    for _scanner in range(3):
        assert Browser().get(path, follow=True).status_code == 200
    user.refresh_from_db()
    assert not user.is_email_verified
    answer = press(path)
    assert answer.status_code == 200
    assert "Your address is confirmed" in answer.content.decode()
    user.refresh_from_db()
    assert User.objects.get(pk=user.pk).is_email_verified
    (event,) = events("user.email_verified")
    assert told(event, "before") == {"is_email_verified": False}
    assert press(path).status_code == 410


def test_verified_address_gets_no_link(mailoutbox: list[Any]) -> None:
    user = make_user()
    at_home(user).post(VERIFY)
    work()
    assert not mailoutbox


def test_administrator_has_addresses_confirmed(mailoutbox: list[Any]) -> None:
    user, verified, without = make_user(is_email_verified=False), make_user(), make_user(email="")
    desk = at_desk(make_superuser())
    for person in (user, verified, without):
        desk.post(action_page(person, "verify_address"), {"confirmed": "1"})
    work()
    assert [mail.to for mail in mailoutbox] == [[user.email]]
    assert len(events("user.email_verification_sent")) == 1


def _other_address(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="other@example.org")


def _too_old(user: User) -> None:
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def _suspended(user: User) -> None:
    User.objects.filter(pk=user.pk).update(status=User.Status.SUSPENDED)


def _newer_link(user: User) -> None:
    at_home(user).post(VERIFY)
    work()


@pytest.mark.parametrize("happens", [_other_address, _too_old, _suspended, _newer_link])
@pytest.mark.parametrize("when", ["before it is opened", "before the button is pressed"])
def test_verification_rests_on_the_address_it_was_made_for(
    mailoutbox: list[Any], happens: Callable[[User], None], when: str
) -> None:
    user, browser = make_user(is_email_verified=False), Browser()
    path = verification_for(user, mailoutbox)
    if when == "before it is opened":
        happens(user)
    browser.get(path)
    if when != "before it is opened":
        happens(user)
    assert browser.post(LINK).status_code == 410
    user.refresh_from_db()
    assert not user.is_email_verified


# Changing it ---------------------------------------------------------------------------------------------------------


def test_address_changes_once_the_new_mailbox_confirms(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org")
    path, _objection = asked_for(user, mailoutbox)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    assert press(path).status_code == 200
    user.refresh_from_db()
    assert (user.email, user.is_email_verified) == (NEW, True)
    (asked,), (changed,) = events("user.email_change_requested"), events("user.email_changed")
    assert (told(asked, "before"), told(asked, "after")) == (
        {"email": "old@example.org"},
        {"email": NEW},
    )
    assert told(changed, "before") == {"email": "old@example.org", "is_email_verified": True}
    assert told(changed, "after") == {"email": NEW, "is_email_verified": True}
    work()
    assert mails_to(NEW, mailoutbox)[-1].subject == "This is now the e-mail address of your account"
    farewell = mails_to("old@example.org", mailoutbox)[-1]
    assert farewell.subject == "The e-mail address of your account was changed"
    assert NEW not in farewell.body


def test_present_password_is_asked_for_and_guesses_count(mailoutbox: list[Any]) -> None:
    user = make_user()
    browser = at_home(user)
    answers = [ask(browser, password="wrong").status_code for _ in range(5)]
    assert answers == [401] * 5
    assert ask(browser).status_code == 401, "the browser is paused"
    work()
    assert not mailoutbox


def test_form_says_what_is_no_address() -> None:
    user = make_user(email="kim@example.org")
    browser = at_home(user)
    for address, words in (
        ("", "Enter the address"),
        ("kim", "address like"),
        ("KIM@example.org", "already your address"),
        ("kim@example.org\r\nBcc: x@example.org", "address like"),
        ("kïm@example.org", "address like"),
    ):
        answer = ask(browser, address)
        assert answer.status_code == 400
        assert words in answer.content.decode()
    assert not Job.objects.exists()


def test_nothing_secret_is_kept_or_told(mailoutbox: list[Any]) -> None:
    path, objection = asked_for(make_user(), mailoutbox)
    written = (
        f"{list(AuditEvent.objects.values())}{list(Job.objects.values())}{list(OneTimeLink.objects.values())}"
    )
    written += "".join(Job.objects.values_list("payload", flat=True))
    for token in (token_in(path), token_in(objection), PASSWORD):
        assert token not in written
    browser = Browser()
    answer = browser.get(path)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert token_in(path) not in browser.get(LINK).content.decode()
    assert token_in(path) not in str(dict(browser.session))


# Whether somebody has the address already ----------------------------------------------------------------------------


def _nobody() -> str:
    return "free@example.org"


def _verified_address() -> str:
    return make_user(email="Taken@example.org").email.lower()


def _unverified_address() -> str:
    return make_user(email="taken@example.org", is_email_verified=False).email


def _user_name() -> str:
    return make_user(username="Taken@example.org", email="").username.lower()


TAKEN = [_verified_address, _unverified_address, _user_name]


@pytest.mark.parametrize("has_it", TAKEN)
def test_answer_and_statements_are_the_same_whoever_has_the_address(has_it: Callable[[], str]) -> None:
    taken, user = has_it(), make_user()
    browser = at_home(user)

    def seen(address: str) -> tuple[Any, ...]:
        with CaptureQueriesContext(connection) as captured:
            answer = ask(browser, address)
        tables = [
            re.findall(r'(?:FROM|INTO|UPDATE) "(\w+)"', query["sql"]) for query in captured.captured_queries
        ]
        page = page_without_token(browser.get("/account/profile")).replace(address, "it")
        return answer.status_code, answer["Location"], tables, page

    seen("warm@example.org")
    assert seen(taken) == seen(_nobody())
    work()

    def profile() -> str:
        return page_without_token(browser.get("/account/profile"))

    ask(browser, taken)
    browser.get("/account/profile")
    work()
    with_taken = profile().replace(taken, "it")
    ask(browser, _nobody())
    browser.get("/account/profile")
    work()
    assert with_taken == profile().replace(_nobody(), "it")


@pytest.mark.parametrize("has_it", TAKEN)
def test_mailbox_that_somebody_signs_in_with_gets_no_link(
    mailoutbox: list[Any], has_it: Callable[[], str]
) -> None:
    taken, user = has_it(), make_user()
    ask(at_home(user), taken)
    work()
    (mail,) = mails_to(taken, mailoutbox)
    assert mail.subject == "This address cannot be used for another account"
    assert not LINK_IN_MAIL.search(mail.body)
    assert user.username not in mail.body
    user.refresh_from_db()
    assert user.email != taken


@pytest.mark.parametrize("has_it", TAKEN)
def test_address_taken_meanwhile_is_refused_and_recorded(
    mailoutbox: list[Any], has_it: Callable[[], str]
) -> None:
    user = make_user()
    path, _objection = asked_for(user, mailoutbox, "taken@example.org")
    has_it()
    answer = press(path)
    assert answer.status_code == 409
    user.refresh_from_db()
    assert user.email != "taken@example.org"
    (event,) = events("user.email_changed")
    assert (event.outcome, event.details["reason"]) == ("refused", "address_taken")


# What ends a link ----------------------------------------------------------------------------------------------------


def _new_password(user: User) -> None:
    set_password(
        user=user, password=new_password(), actor=subject_of(user), origin=SYSTEM_ORIGIN, now=timezone.now()
    )


def _edited_by_administrator(user: User) -> None:
    desk = at_desk(make_superuser())
    page = page_of(user)
    assert desk.post(page, submission(desk.get(page), email="desk@example.org")).status_code == 302


@pytest.mark.parametrize("happens", [_too_old, _suspended, _new_password, _edited_by_administrator])
def test_change_ends_with_what_it_rests_on(mailoutbox: list[Any], happens: Callable[[User], None]) -> None:
    user = make_user()
    path, _objection = asked_for(user, mailoutbox)
    happens(user)
    assert press(path).status_code == 410
    user.refresh_from_db()
    assert user.email != NEW


def test_newer_wish_ends_the_former(mailoutbox: list[Any]) -> None:
    user = make_user()
    first, _objection = asked_for(user, mailoutbox, "first@example.org")
    second, _objection = asked_for(user, mailoutbox, "second@example.org")
    assert press(first).status_code == 410
    assert press(second).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 4000, "%00", "..", "é"])
def test_made_up_links_are_void_and_all_alike(token: str) -> None:
    browser = Browser()
    browser.get(f"{LINK}/{token}")
    answer = browser.get(LINK)
    assert answer.status_code == 410
    assert page_without_token(answer) == page_without_token(Browser().get(LINK))


def test_links_do_only_what_they_are_for(mailoutbox: list[Any]) -> None:
    """A link for an address sets no password, and one for a password confirms no address."""
    user = make_user()
    path, objection = asked_for(user, mailoutbox)
    for one in (path, objection):
        browser = Browser()
        browser.get(f"/account/set-password/{token_in(one)}")
        chosen = new_password()
        answer = browser.post("/account/set-password", {"chosen": chosen, "again": chosen})
        assert answer.status_code == 410
        assert attempt(user, PASSWORD).user == user
    Browser().post("/account/reset", {"identifier": user.username})
    work()
    reset = re.search(r"/account/set-password/([\w-]+)", mailoutbox[-1].body)
    assert reset
    assert press(f"{LINK}/{reset.group(1)}").status_code == 410


# Objecting -----------------------------------------------------------------------------------------------------------


def test_objection_before_the_change_cancels_it_and_ends_sessions(mailoutbox: list[Any]) -> None:
    user = make_user()
    burglar = at_home(user)
    path, objection = asked_for(user, mailoutbox)
    answer = press(objection)
    assert answer["Location"] == "/account/set-password"
    assert burglar.get("/").status_code == 302
    assert not Session.objects.filter(user=user, ended_at__isnull=True).exists()
    assert press(path).status_code == 410
    assert press(objection).status_code == 410
    (event,) = events("user.email_objected")
    assert told(event, "after") is None


def test_objection_forgets_every_browser_but_the_one_in_hand(mailoutbox: list[Any]) -> None:
    user = make_user()
    owner, _burglar = at_home(user), at_home(user)
    _path, objection = asked_for(user, mailoutbox)
    own = browser_rows(user_id=user.pk, browser_token=owner.cookies[BROWSER_COOKIE].value).get()
    press(objection, owner)
    assert list(RecognisedBrowser.objects.filter(user=user)) == [own]
    assert {event.target_id for event in events("browser.forgotten")} == {str(user.pk)}


def test_objection_after_the_change_puts_the_address_back_and_leads_to_a_new_password(
    mailoutbox: list[Any],
) -> None:
    user = make_user(email="old@example.org")
    burglar = at_home(user)
    path, objection = asked_for(user, mailoutbox)
    press(path)
    with freeze_time(timezone.now() + timedelta(days=6, hours=23), tick=True):
        owner = Browser()
        answer = press(objection, owner)
        assert answer["Location"] == "/account/set-password"
        chosen = new_password()
        answer = owner.post("/account/set-password", {"chosen": chosen, "again": chosen})
        assert answer.status_code == 302
    user.refresh_from_db()
    assert (user.email, user.is_email_verified) == ("old@example.org", True)
    assert user.check_password(chosen)
    assert burglar.get("/").status_code == 302
    (event,) = events("user.email_objected")
    assert told(event, "before")["email"] == NEW
    assert told(event, "after")["email"] == "old@example.org"


def test_objection_ends_after_seven_days(mailoutbox: list[Any]) -> None:
    _path, objection = asked_for(make_user(), mailoutbox)
    with freeze_time(timezone.now() + timedelta(days=7, minutes=1), tick=True):
        assert press(objection).status_code == 410


def test_burglar_s_next_changes_and_new_password_do_not_end_the_objection(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org")
    path, objection = asked_for(user, mailoutbox)
    press(path)
    user.refresh_from_db()
    second, of_burglar = asked_for(user, mailoutbox, "second@example.org")
    press(second)
    _new_password(user)
    assert press(objection).status_code == 302
    user.refresh_from_db()
    assert user.email == "old@example.org"
    assert press(of_burglar).status_code == 410
    user.refresh_from_db()
    assert user.email == "old@example.org"


def test_objection_of_the_burglar_s_mailbox_does_not_end_the_older_one(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org")
    path, objection = asked_for(user, mailoutbox)
    press(path)
    user.refresh_from_db()
    second, of_burglar = asked_for(user, mailoutbox, "second@example.org")
    press(second)
    assert press(of_burglar).status_code == 302
    user.refresh_from_db()
    assert user.email == NEW
    assert press(objection).status_code == 302
    user.refresh_from_db()
    assert user.email == "old@example.org"


def test_address_that_an_administrator_entered_stays(mailoutbox: list[Any]) -> None:
    user = make_user()
    path, objection = asked_for(user, mailoutbox)
    press(path)
    _edited_by_administrator(user)
    assert press(objection).status_code == 410
    user.refresh_from_db()
    assert user.email == "desk@example.org"


def test_former_address_that_somebody_has_by_now_is_not_taken_from_them(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org")
    burglar = at_home(user)
    path, objection = asked_for(user, mailoutbox)
    press(path)
    other = make_user(email="old@example.org")
    answer = press(objection)
    assert answer.status_code == 409
    other.refresh_from_db()
    assert other.email == "old@example.org"
    assert burglar.get("/").status_code == 302


def test_unverified_former_address_cannot_object(mailoutbox: list[Any]) -> None:
    user = make_user(email="old@example.org", is_email_verified=False)
    ask(at_home(user))
    work()
    assert not mails_to("old@example.org", mailoutbox)


# Attacks -------------------------------------------------------------------------------------------------------------


def test_link_for_another_s_account_does_nothing_in_one_s_own(mailoutbox: list[Any]) -> None:
    """Somebody enters my address for their account, and hopes that I press the button while I am signed in."""
    burglar, me = make_user(), make_user(email="me@example.org")
    path, _objection = asked_for(burglar, mailoutbox, "mine.too@example.org")
    mine = at_home(me)
    mine.get(path)
    assert "another account" in mine.get(LINK).content.decode()
    assert mine.post(LINK).status_code == 403
    burglar.refresh_from_db()
    me.refresh_from_db()
    assert (burglar.email == "mine.too@example.org", me.email) == (False, "me@example.org")
    assert mine.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_FORWARDED": "host=evil.example"},
    ],
)
def test_links_name_the_installation_whatever_the_request_says(
    mailoutbox: list[Any], headers: dict[str, str]
) -> None:
    ask(at_home(make_user()), **headers)
    work()
    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        whole = f"{mail.subject}{mail.body}{mail.alternatives[0][0]}"
        assert "evil.example" not in whole
        assert {*re.findall(r"https?://[^/\s<\"]+", whole)} == {"http://localhost:8000"}


def test_form_of_another_site_is_refused(mailoutbox: list[Any]) -> None:
    user = make_user()
    browser = Browser(enforce_csrf_checks=True)
    path, _objection = asked_for(user, mailoutbox)
    browser.get(path)
    assert browser.post(LINK).status_code == 403
    user.refresh_from_db()
    assert user.email != NEW


def test_names_are_no_links(mailoutbox: list[Any]) -> None:
    user = make_user(display_name="Visit http://evil.example <b>now</b>")
    ask(at_home(user))
    work()
    for mail in mailoutbox:
        assert "evil.example" not in mail.body + mail.alternatives[0][0]
        assert "<b>now" not in mail.alternatives[0][0]


def test_pages_are_for_people_who_are_signed_in() -> None:
    for answer in (Browser().get(ASK), Browser().post(ASK, {}), Browser().post(VERIFY)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


def test_without_mail_there_is_no_such_form(settings: Settings) -> None:
    browser = at_home(make_user())
    assert ASK in browser.get("/account/profile").content.decode()
    settings.MAIL_DELIVERY = "none"
    assert ASK not in browser.get("/account/profile").content.decode()
    assert browser.get(ASK)["Location"] == "/account/profile"


# Limits --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 100


@pytest.mark.usefixtures("limited")
def test_person_asks_five_times_an_hour() -> None:
    browser = at_home(make_user())
    answers = [ask(browser, f"new{number}@example.org") for number in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "3600"


@pytest.mark.usefixtures("limited")
def test_stranger_s_mailbox_gets_three_mails_a_day_and_the_answer_stays(mailoutbox: list[Any]) -> None:
    answers = []
    for _ in range(5):
        answers.append(ask(at_home(make_user()), "stranger@example.org"))
        work()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/account/profile")}
    assert len(mails_to("stranger@example.org", mailoutbox)) == 3
    assert [event.outcome for event in events("user.email_change_requested")] == ["success"] * 3 + [
        "refused"
    ] * 2


@pytest.mark.usefixtures("limited")
def test_verification_is_asked_for_five_times_an_hour(mailoutbox: list[Any]) -> None:
    user = make_user(is_email_verified=False)
    browser = at_home(user)
    for _ in range(7):
        browser.post(VERIFY)
        work()
    assert len(mailoutbox) == 5


# At once -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_confirmations_at_once_one_counts(mailoutbox: list[Any]) -> None:
    user = make_user()
    path, _objection = asked_for(user, mailoutbox)
    digest, now = digest_of(token_in(path)), timezone.now()
    used = at_once(
        [lambda: use_link(token_digest=digest, browser_token="any", origin=SYSTEM_ORIGIN, now=now)] * 5
    )
    assert len([one for one in used if one is not None]) == 1
    assert len(events("user.email_changed")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_do_not_get_one_address(mailoutbox: list[Any]) -> None:
    paths = [asked_for(make_user(), mailoutbox)[0] for _ in range(3)]
    now = timezone.now()
    digests = [digest_of(token_in(path)) for path in paths]
    used = at_once(
        [
            lambda digest=digest: use_address_link(token_digest=digest, origin=SYSTEM_ORIGIN, now=now)  # type: ignore[misc]
            for digest in digests
        ]
    )
    assert sorted(one.outcome for one in used if one) == ["changed", "taken", "taken"]
    assert User.objects.filter(email=NEW).count() == 1


@pytest.mark.django_db(transaction=True)
def test_change_and_administrator_at_once_leave_one_of_the_two_addresses(mailoutbox: list[Any]) -> None:
    user = make_user()
    path, _objection = asked_for(user, mailoutbox)
    digest, now = digest_of(token_in(path)), timezone.now()
    desk = at_desk(make_superuser())
    form = submission(desk.get(page_of(user)), email="desk@example.org")
    at_once(
        [
            lambda: use_address_link(token_digest=digest, origin=SYSTEM_ORIGIN, now=now) is not None,
            lambda: desk.post(page_of(user), form).status_code == 302,
        ]
    )
    user.refresh_from_db()
    changed = [event for event in events("user.email_changed") if event.outcome == "success"]
    edited = [
        event for event in events("user.changed") if told(event, "after").get("email") == "desk@example.org"
    ]
    last = max([*changed, *edited], key=lambda event: event.id)
    assert user.email == told(last, "after")["email"]
    assert user.is_email_verified is (last in changed)
