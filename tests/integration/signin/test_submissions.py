"""Credentials are submitted ten times a minute and no more, whatever becomes of them."""

from collections.abc import Iterator

import pytest
from django.test import Client
from freezegun import freeze_time
from pytest_django import Settings

from apps.audit.models import AuditEvent
from tests.factories.people import PASSWORD, make_user, sign_in

pytestmark = pytest.mark.django_db

QUOTA, OFFICE = 10, 120


@pytest.fixture(autouse=True)
def limited(settings: Settings) -> Iterator[None]:
    """In one minute that does not end: a new one would count anew."""
    settings.RATE_LIMIT_PERCENT = 100
    with freeze_time("2026-11-23 09:00:10"):
        yield


def submit(identifier: str, password: str = "wrong", address: str = "192.0.2.1") -> int:
    form = {"identifier": identifier, "password": password}
    return Client(REMOTE_ADDR=address).post("/login/", form).status_code


def test_eleventh_submission_of_a_minute_is_not_even_tried() -> None:
    user = make_user()
    assert [submit(user.username) for _ in range(QUOTA)] == [401] * QUOTA
    before = AuditEvent.objects.count()
    answer = Client(REMOTE_ADDR="192.0.2.1").post(
        "/login/", {"identifier": user.username, "password": PASSWORD}
    )
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 300
    assert answer["RateLimit"] == '"sign-in";r=0;t=300'
    page = answer.content.decode()
    assert "Too many tries in a short time." in page
    assert "Try again in 5 minutes." in page
    reasons = AuditEvent.objects.filter(action="user.sign_in_refused").values_list(
        "details__reason", flat=True
    )
    assert list(reasons).count("rate_limited") == 1
    assert AuditEvent.objects.count() == before + 1
    # A flood is one event.
    assert submit(user.username) == 429
    assert AuditEvent.objects.count() == before + 1


@pytest.mark.parametrize("exists", [True, False])
def test_nobody_learns_from_it_who_exists(exists: bool) -> None:
    name = make_user().username if exists else "nobody.here"
    assert [submit(name) for _ in range(QUOTA + 1)] == [401] * QUOTA + [429]
    assert submit(f" {name.upper()} ") == 429


def test_others_and_other_addresses_go_on() -> None:
    user = make_user()
    for _ in range(QUOTA + 1):
        submit("somebody.else")
    assert submit(user.username, PASSWORD) == 302
    assert submit("somebody.else", address="192.0.2.2") == 401


def test_office_behind_one_address_signs_in_at_nine() -> None:
    assert {submit(f"person{number}") for number in range(40)} == {401}


def test_one_address_is_limited_however_many_names_it_tries(settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 10  # one for each name, twelve for the address
    answers = [submit(f"person{number}") for number in range(14)]
    assert answers == [401] * 12 + [429] * 2


def test_addresses_of_one_ipv6_network_are_one(settings: Settings) -> None:
    """Any subscriber has 2^64 of them."""
    user = make_user()
    one_after_the_other = [f"2001:db8:1:2::{number + 1:x}" for number in range(QUOTA)]
    assert [submit(user.username, address=address) for address in one_after_the_other] == [401] * QUOTA
    assert submit(user.username, address="2001:db8:1:2:ffff::1") == 429
    assert submit(user.username, address="2001:db8:1:3::1") == 401
    settings.RATE_LIMIT_PERCENT = 10
    others = [submit(f"person{number}", address=f"2001:db8:9::{number + 1:x}") for number in range(14)]
    assert others == [401] * 12 + [429] * 2


def test_looking_at_the_page_is_not_counted() -> None:
    browser, user = Client(), make_user()
    for _ in range(2 * QUOTA):
        assert browser.get("/login/").status_code == 200
    sign_in(browser, user)
