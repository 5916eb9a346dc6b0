"""Whoever fails to authenticate as a client five times within a quarter of an hour waits for an hour."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from freezegun import freeze_time
from pytest_django import Settings

from tests.factories.clients import TestClient, call, post_form
from tests.protocol.answers import assert_json_error

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 6749", "2.3.1"),
]

FORM = {"grant_type": "client_credentials", "scope": "files:read"}
ENDPOINTS = ("/oauth/token", "/oauth/introspect", "/oauth/revoke")


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[Any]:
    """In a quarter of an hour that ends only when a test says so."""
    settings.RATE_LIMIT_PERCENT = 100
    with freeze_time("2026-11-23 09:00:10") as clock:
        yield clock


def guess(service: TestClient, path: str = "/oauth/token", address: str = "192.0.2.1") -> int:
    form = {**FORM, "client_id": service.client_id, "client_secret": "wrong", "token": "any"}
    return int(post_form(Browser(REMOTE_ADDR=address), path, form).status_code)


def test_fifth_failure_begins_a_block_that_the_right_secret_does_not_lift(
    machine: Browser, service: TestClient, clock: Any
) -> None:
    machine.defaults["REMOTE_ADDR"] = "192.0.2.1"
    assert [guess(service) for _ in range(5)] == [401] * 5
    answer = call(machine, "/oauth/token", service, FORM)
    assert_json_error(answer, "too_many_requests", status=429)
    assert answer["Retry-After"] == "3600"
    clock.tick(timedelta(minutes=61))
    assert call(machine, "/oauth/token", service, FORM).status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
def test_failures_count_wherever_a_client_authenticates(service: TestClient, path: str) -> None:
    for number in range(5):
        assert guess(service, ENDPOINTS[number % 3]) == 401
    assert guess(service, path) == 429


def test_header_and_body_are_one_client(machine: Browser, service: TestClient) -> None:
    machine.defaults["REMOTE_ADDR"] = "192.0.2.1"
    for _ in range(5):
        guess(service)
    assert call(machine, "/oauth/token", service, FORM).status_code == 429


def test_id_is_one_however_it_is_encoded_in_the_header(service: TestClient) -> None:
    """The id comes form-encoded: each of its letters can be written in several ways."""
    for number in range(5):
        letter = f"%{ord(service.client_id[number]):x}"
        spelling = service.client_id[:number] + letter + service.client_id[number + 1 :]
        assert guess_in_header(f"{spelling}:wrong") == 401
    assert guess_in_header(f"{service.client_id}:{service.secret}") == 429


def guess_in_header(pair: str) -> int:
    credentials = base64.b64encode(pair.encode()).decode()
    browser = Browser(REMOTE_ADDR="192.0.2.1", HTTP_AUTHORIZATION=f"Basic {credentials}")
    return int(post_form(browser, "/oauth/token", FORM).status_code)


def test_addresses_of_one_ipv6_network_are_one(service: TestClient) -> None:
    """Any subscriber has 2^64 of them."""
    for number in range(5):
        assert guess(service, address=f"2001:db8:1:2::{number + 1:x}") == 401
    assert guess(service, address="2001:db8:1:2:ffff::1") == 429
    assert guess(service, address="2001:db8:1:3::1") == 401


def test_client_works_on_from_where_it_runs(machine: Browser, service: TestClient) -> None:
    """A stranger who guesses elsewhere stops nobody's machines."""
    for _ in range(10):
        guess(service, address="203.0.113.9")
    assert guess(service, address="203.0.113.9") == 429
    assert call(machine, "/oauth/token", service, FORM).status_code == 200


def test_what_succeeds_is_not_counted(machine: Browser, service: TestClient) -> None:
    assert {call(machine, "/oauth/token", service, FORM).status_code for _ in range(30)} == {200}


@pytest.mark.parametrize("credentials", ["", "%%%", "w", "OmE=", "/" * 5_000, "Zm9v", "gIGCg4Q="])
def test_hostile_credentials_are_counted_without_a_fault(credentials: str) -> None:
    browser = Browser(HTTP_AUTHORIZATION=f"Basic {credentials}")
    answers = {post_form(browser, "/oauth/token", FORM).status_code for _ in range(8)}
    assert answers <= {400, 401, 429}
