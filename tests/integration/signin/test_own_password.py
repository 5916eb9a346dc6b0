"""People change their own password, by wish or because it has expired; until then nothing else is open to them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from freezegun import freeze_time
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.core.origin import Origin
from apps.directory.models import FormerPassword, PasswordPolicy, User
from apps.signin.models import Session
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.own_password import NewPassword, change_password
from tests.factories.people import PASSWORD, make_user, sign_in
from tests.integration.signin.attempts import ADDRESS, NOW, attempt, page_without_token
from tests.integration.signin.together import at_once

PAGE = "/account/password"
CHOSEN = "Another-Door-Opens-8!"


def change(browser: Client, present: str = PASSWORD, chosen: str = CHOSEN, **more: Any) -> Any:
    return browser.post(PAGE, {"present": present, "chosen": chosen, "again": chosen, **more})


def signed_in(user: User) -> Client:
    browser = Client()
    sign_in(browser, user)
    return browser


def expired(**fields: Any) -> User:
    return make_user(password_expires_at=timezone.now() - timedelta(seconds=1), **fields)


def errors(answer: Any) -> str:
    return str(answer.context["form"].errors.as_data())


# By wish ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_new_password_replaces_the_old_one_and_ends_every_other_session() -> None:
    user = make_user()
    here, elsewhere = signed_in(user), signed_in(user)
    kept, ended = Session.objects.order_by("started_at")
    answer = change(here)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    kept.refresh_from_db()
    ended.refresh_from_db()
    assert kept.ended_at is None
    assert (ended.ended_at is not None, ended.end_reason) == (True, "password_changed")
    assert attempt(user).user is None
    assert attempt(user, CHOSEN).user is not None


@pytest.mark.django_db
def test_change_is_recorded_as_the_persons_own_without_either_password() -> None:
    user = make_user()
    change(signed_in(user))
    event = AuditEvent.objects.get(action="user.password_changed")
    assert (event.actor_id, event.target_id, event.outcome) == (str(user.pk), str(user.pk), "success")
    written = str(AuditEvent.objects.values())
    assert PASSWORD not in written
    assert CHOSEN not in written
    assert "argon2" not in written


@pytest.mark.django_db
def test_cookie_of_before_is_worth_nothing() -> None:
    user = make_user()
    browser = signed_in(user)
    stolen = Client()
    stolen.cookies["gatehouse"] = browser.cookies["gatehouse"].value
    assert stolen.get("/").status_code == 200
    change(browser)
    assert stolen.get("/").status_code == 302
    assert browser.get("/").status_code == 200


@pytest.mark.django_db
def test_wrong_present_password_changes_nothing_and_counts_as_a_guess() -> None:
    user = make_user()
    browser = signed_in(user)
    answers = [change(browser, present="wrong") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    assert "That is not your present password." in answers[0].content.decode()
    locked = change(browser)
    assert page_without_token(locked) == page_without_token(answers[-1])
    user.refresh_from_db()
    assert check_password(PASSWORD, user.password)
    assert AuditEvent.objects.filter(action="user.sign_in_refused").count() == 6


@pytest.mark.django_db
@freeze_time("2026-11-25 09:00:10")
def test_submissions_are_limited_as_those_of_the_sign_in_page_are(settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 100
    user = make_user()
    browser = signed_in(user)
    answers = [change(browser, chosen="short") for _ in range(10)]
    limited = answers[-1]
    assert limited.status_code == 429
    assert "Try again in 5 minutes." in limited.content.decode()
    assert limited["Retry-After"] == "300"
    assert change(browser).status_code == 429
    user.refresh_from_db()
    assert check_password(PASSWORD, user.password)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"present": ""}, "present", "Enter the password that you have now."),
        ({"chosen": ""}, "chosen", "Enter the password that you want."),
        ({"again": "Another-Door-Opens-9!"}, "again", "The two differ."),
        ({"again": ""}, "again", "Enter the new password a second time."),
        ({"chosen": "x" * 1025}, "chosen", "too long"),
        ({"chosen": "Nul-\x00-In-It-1234", "again": "Nul-\x00-In-It-1234"}, "chosen", "cannot be read"),
        ({"chosen": "short", "again": "short"}, "chosen", "Add 7 more characters"),
        ({"chosen": PASSWORD, "again": PASSWORD}, "chosen", "one of the last 12"),
    ],
)
def test_what_is_not_acceptable_is_said_at_its_field(fields: dict[str, str], field: str, words: str) -> None:
    user = make_user()
    answer = change(signed_in(user), **fields)
    assert answer.status_code == 400
    assert words in str(answer.context["form"].errors[field])
    user.refresh_from_db()
    assert check_password(PASSWORD, user.password)
    assert not FormerPassword.objects.exists()


@pytest.mark.django_db
def test_page_lists_the_rules_in_force_and_shows_nothing_that_was_typed() -> None:
    PasswordPolicy.objects.create(style=PasswordPolicy.Style.NIST, minimum_length=16)
    browser = signed_in(make_user())
    page = browser.get(PAGE).content.decode()
    assert "16 characters or more" in page
    assert "upper-case" not in page
    refused = change(browser, chosen="Typed-But-Short")
    assert "Typed-But-Short" not in refused.content.decode()
    assert PASSWORD not in refused.content.decode()


@pytest.mark.django_db
def test_page_is_for_those_who_are_signed_in() -> None:
    for answer in (Client().get(PAGE), change(Client())):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "leads_to"),
    [("/?q=wiki", "/?q=wiki"), ("//evil.example", "/"), ("https://evil.example/", "/"), ("/\\evil", "/")],
)
def test_way_back_stays_on_this_site(target: str, leads_to: str) -> None:
    assert change(signed_in(make_user()), next=target)["Location"] == leads_to


@pytest.mark.django_db
def test_form_needs_its_token() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user())
    assert change(browser).status_code == 403


# Expired ----------------------------------------------------------------------------------------------------------


def addresses_of(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """Each address of the project once, with something in place of each parameter."""
    for pattern in patterns:
        route = getattr(pattern.pattern, "_route", None)
        if route is None:
            route = str(pattern.pattern).replace("^", "").replace("$", "")
        for kind in ("uuid", "int", "path", "str", "slug"):
            route = route.replace(f"<{kind}:", "<")
        parts = [
            "00000000-0000-4000-8000-000000000000" if part.startswith("<") else part
            for part in route.split("/")
        ]
        address = prefix + "/".join(parts)
        if isinstance(pattern, URLResolver):
            yield from addresses_of(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_leads_to_the_page_that_changes_it(method: str, settings: Any) -> None:
    user = expired(is_staff=True, is_superuser=True)
    browser = signed_in(user)
    # A one-time link sets a password itself or stands for a mailbox; its token must not go into another address.
    links = (settings.ONE_TIME_LINK_PATH, settings.ADDRESS_LINK_PATH)
    addresses = {
        address
        for address in addresses_of(get_resolver().url_patterns)
        if not address.startswith((*settings.MACHINE_DOOR_PATHS, *links))
    }
    assert len(addresses) > 60
    assert "/admin/directory/user/" in addresses
    left_open = []
    for address in [*sorted(addresses - settings.PATHS_WITH_EXPIRED_PASSWORD), "/no/such/page"]:
        answer = getattr(browser, method)(address)
        if answer.status_code != 302 or not answer["Location"].startswith(f"{PAGE}?next="):
            left_open.append(f"{address}: {answer.status_code}")
    assert left_open == []


@pytest.mark.django_db
def test_what_stays_open_shows_nothing_of_what_is_behind() -> None:
    browser = signed_in(expired())
    assert "Your password has expired" in browser.get(PAGE).content.decode()
    assert browser.get("/login/?next=/admin/")["Location"] == "/admin/"
    assert browser.get("/logout/").status_code == 200
    assert browser.post("/logout/").status_code == 200
    assert browser.get(PAGE)["Location"].startswith("/login/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/account/password/", "//account/password", "/Account/Password", "/login/x"]
)
def test_addresses_like_those_that_stay_open_are_shut(address: str) -> None:
    answer = signed_in(expired()).get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{PAGE}?next=")


@pytest.mark.django_db
def test_after_the_change_the_person_goes_on_where_they_wanted_to_go() -> None:
    browser = signed_in(expired())
    led = browser.get("/?q=wiki")
    assert led["Location"] == f"{PAGE}?next=%2F%3Fq%3Dwiki"
    assert 'value="/?q=wiki"' in browser.get(led["Location"]).content.decode()
    assert change(browser, next="/?q=wiki")["Location"] == "/?q=wiki"
    assert browser.get("/?q=wiki").status_code == 200
    assert User.objects.get().password_expires_at is not None


@pytest.mark.django_db
def test_expired_password_is_not_taken_again() -> None:
    browser = signed_in(expired())
    assert change(browser, chosen=PASSWORD).status_code == 400
    assert browser.get("/").status_code == 302


@pytest.mark.django_db
def test_password_that_expires_while_somebody_works_asks_at_the_next_sign_in() -> None:
    user = make_user(password_expires_at=timezone.now() + timedelta(minutes=1))
    browser = signed_in(user)
    User.objects.update(password_expires_at=timezone.now())
    assert browser.get("/").status_code == 200
    assert signed_in(user).get("/").status_code == 302


@pytest.mark.django_db
def test_nobody_is_asked_where_passwords_do_not_expire() -> None:
    assert signed_in(make_user(password_expires_at=None)).get("/").status_code == 200


# At once ----------------------------------------------------------------------------------------------------------


def _in_session(user: User) -> SignedIn:
    session = Session.objects.create(
        user=user,
        started_at=NOW,
        authenticated_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + timedelta(hours=8),
        amr=["pwd"],
    )
    return SignedIn(user, session)


@pytest.mark.django_db(transaction=True)
def test_of_many_changes_at_once_one_wins_and_only_its_session_is_left() -> None:
    user = make_user(password=make_password(PASSWORD))
    places = [_in_session(User.objects.get(pk=user.pk)) for _ in range(4)]

    def try_from(number: int) -> Any:
        wanted = NewPassword(PASSWORD, f"Another-Door-Opens-{number}!", browser_token=f"browser {number}")
        origin = Origin(ip=ADDRESS, user_agent="", request_id="")
        return change_password(
            current=places[number], wanted=wanted, origin=origin, now=NOW + timedelta(minutes=1)
        )

    outcomes = at_once([lambda number=number: try_from(number) for number in range(4)])  # type: ignore[misc]
    [winner] = [number for number, outcome in enumerate(outcomes) if outcome.user is not None]
    user.refresh_from_db()
    assert check_password(f"Another-Door-Opens-{winner}!", user.password)
    assert FormerPassword.objects.filter(user=user).count() == 1
    left = Session.objects.live(now=NOW + timedelta(minutes=2)).values_list("pk", flat=True)
    assert list(left) == [places[winner].session.pk]
    assert AuditEvent.objects.filter(action="user.password_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_at_the_present_password_are_tried_five_times() -> None:
    user = make_user()
    current = _in_session(user)

    def guess() -> Any:
        wanted = NewPassword("wrong", CHOSEN, browser_token="strange browser")
        return change_password(
            current=current,
            wanted=wanted,
            origin=Origin(ip=ADDRESS, user_agent="", request_id=""),
            now=NOW,
        )

    outcomes = at_once([guess] * 12)
    assert not any(outcome.is_present_right for outcome in outcomes)
    reasons = [event.details["reason"] for event in AuditEvent.objects.filter(action="user.sign_in_refused")]
    assert sorted(reasons) == ["locked"] * 7 + ["wrong_password"] * 5
    user.refresh_from_db()
    assert user.is_locked(now=NOW)
