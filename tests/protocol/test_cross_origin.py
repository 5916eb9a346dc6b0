"""Pages of an application in the browser may read what is meant for it; pages of anybody else may not."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.access.models import Application
from apps.oauth.models import Client
from tests.factories.clients import (
    FORM,
    REDIRECT_URI,
    TestClient,
    make_client,
    make_pkce,
    obtain_code,
    obtain_tokens,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]
ORIGIN = "https://app.example.org"
METHODS = {"/oauth/token": "POST", "/oauth/userinfo": "GET, POST", "/oauth/revoke": "POST"}
everywhere = pytest.mark.parametrize("path", METHODS)
ALMOST_THE_ORIGIN = [
    "",
    "null",
    "*",
    "https://",
    "http://app.example.org",
    "https://app.example.or",
    "https://pp.example.org",
    "https://app.example.org:8443",
    "https://app.example.org:443",
    "https://app.example.org/",
    "https://app.example.org/callback",
    "https://APP.example.org",
    "https://app.example.org.evil.example",
    "https://evil.example",
    "https://%",
    "https://app.example.org\x00",
    "https://app.example.org\n",
]


def preflight(machine: Browser, path: str, origin: str) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    return machine.options(path, headers=headers)


def redeem_from(machine: Browser, origin: str, app: TestClient, code: str, verifier: str) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": app.client_id,
        "code_verifier": verifier,
    }
    return machine.post("/oauth/token", urlencode(form), content_type=FORM, headers={"Origin": origin})


def userinfo_from(machine: Browser, origin: str, token: str) -> Any:
    return machine.get("/oauth/userinfo", headers={"Origin": origin, "Authorization": f"Bearer {token}"})


def revoke_from(machine: Browser, origin: str, app: TestClient, token: str) -> Any:
    form = urlencode({"token": token, "client_id": app.client_id})
    return machine.post("/oauth/revoke", form, content_type=FORM, headers={"Origin": origin})


def reader_of(answer: Any) -> str | None:
    assert "Origin" in answer["Vary"]
    assert not answer.has_header("Access-Control-Allow-Credentials")
    allowed: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return allowed


@everywhere
def test_preflight_of_a_registered_origin_is_answered(machine: Browser, spa: TestClient, path: str) -> None:
    answer = preflight(machine, path, ORIGIN)
    assert answer.status_code == HTTPStatus.NO_CONTENT
    assert reader_of(answer) == ORIGIN
    assert answer["Access-Control-Allow-Methods"] == METHODS[path]
    assert answer["Access-Control-Allow-Headers"] == "Authorization, Content-Type"


@everywhere
@pytest.mark.parametrize("origin", ALMOST_THE_ORIGIN)
def test_preflight_of_any_other_origin_is_refused(
    machine: Browser, spa: TestClient, path: str, origin: str
) -> None:
    answer = preflight(machine, path, origin)
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert reader_of(answer) is None


@pytest.mark.parametrize("kind", ["web", "native"])
def test_client_of_another_kind_opens_nothing_to_pages(machine: Browser, visitor: Browser, kind: str) -> None:
    app = make_client(kind=kind)
    assert preflight(machine, "/oauth/token", ORIGIN).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    token = obtain_tokens(visitor, app)["access_token"]
    assert reader_of(userinfo_from(machine, ORIGIN, token)) is None


def test_disabled_client_or_application_opens_nothing_to_pages(machine: Browser, spa: TestClient) -> None:
    Client.objects.update(is_enabled=False)
    assert preflight(machine, "/oauth/token", ORIGIN).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    Client.objects.update(is_enabled=True)
    Application.objects.update(is_enabled=False)
    assert preflight(machine, "/oauth/token", ORIGIN).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_origin_is_known_however_its_redirect_uri_was_written(machine: Browser) -> None:
    make_client(kind="spa", redirect_uris=["https://Shop.Example.org:443/callback"])
    assert reader_of(preflight(machine, "/oauth/token", "https://shop.example.org")) is not None


def test_further_origins_of_a_client_are_its_own_too(machine: Browser, spa: TestClient) -> None:
    Client.objects.update(allowed_origins="https://one.example.org https://two.example.org:8443")
    for origin in ("https://one.example.org", "https://two.example.org:8443", ORIGIN):
        assert reader_of(preflight(machine, "/oauth/token", origin)) == origin


def test_whole_visit_can_be_read_by_pages_of_the_client(
    visitor: Browser, machine: Browser, spa: TestClient
) -> None:
    pkce = make_pkce()
    answer = redeem_from(machine, ORIGIN, spa, obtain_code(visitor, spa, pkce), pkce.verifier)
    assert (answer.status_code, reader_of(answer)) == (200, ORIGIN)
    token = answer.json()["access_token"]
    answer = userinfo_from(machine, ORIGIN, token)
    assert (answer.status_code, reader_of(answer)) == (200, ORIGIN)
    answer = revoke_from(machine, ORIGIN, spa, token)
    assert (answer.status_code, reader_of(answer)) == (200, ORIGIN)


def test_refusal_can_be_read_by_pages_of_the_client(machine: Browser, spa: TestClient) -> None:
    answer = redeem_from(machine, ORIGIN, spa, "unknown", make_pkce().verifier)
    assert (answer.status_code, reader_of(answer)) == (400, ORIGIN)


def test_pages_of_another_client_cannot_read_what_is_meant_for_this_one(
    visitor: Browser, machine: Browser, spa: TestClient
) -> None:
    other = "https://other.example.org"
    make_client(kind="spa", redirect_uris=[f"{other}/callback"])
    assert preflight(machine, "/oauth/userinfo", other).status_code == HTTPStatus.NO_CONTENT
    tokens = obtain_tokens(visitor, spa)
    assert reader_of(userinfo_from(machine, other, tokens["access_token"])) is None
    assert reader_of(redeem_from(machine, other, spa, "unknown", "x")) is None
    assert reader_of(revoke_from(machine, other, spa, tokens["access_token"])) is None


@everywhere
def test_answers_differ_by_origin_for_every_cache(machine: Browser, path: str) -> None:
    assert reader_of(machine.get(path)) is None


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/authorize", "/oauth/logout"])
def test_other_endpoints_are_not_for_pages(machine: Browser, spa: TestClient, path: str) -> None:
    answer = preflight(machine, path, ORIGIN)
    assert not answer.has_header("Access-Control-Allow-Origin")
