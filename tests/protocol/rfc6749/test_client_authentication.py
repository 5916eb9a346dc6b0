"""A client proves who it is in one way, at each endpoint for clients alike."""

import base64
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.test import Client as Browser

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.oauth.models import Client
from tests.factories.clients import TestClient, make_client, make_pkce, obtain_code, post_form, redeem
from tests.protocol.answers import assert_json_error

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "2.3.1")]
# Each with what it needs to get as far as asking who calls.
ENDPOINTS = {
    "/oauth/token": {"grant_type": "client_credentials", "scope": "files:read"},
    "/oauth/introspect": {"token": "x"},
    "/oauth/revoke": {"token": "x"},
}
everywhere = pytest.mark.parametrize("path", ENDPOINTS)


def basic(text: str | bytes, *, scheme: str = "Basic") -> dict[str, Any]:
    raw = text if isinstance(text, bytes) else text.encode()
    return {"HTTP_AUTHORIZATION": f"{scheme} {base64.b64encode(raw).decode()}"}


def ask(machine: Browser, path: str, more: dict[str, str] | None = None, **headers: Any) -> Any:
    return post_form(machine, path, ENDPOINTS[path] | (more or {}), **headers)


def assert_refused(answer: Any) -> None:
    assert_json_error(answer, "invalid_client", status=HTTPStatus.UNAUTHORIZED)
    assert answer["WWW-Authenticate"] == 'Basic realm="gatehouse"'
    event = AuditEvent.objects.filter(action__in=("token.refused", "client.refused")).get()
    assert event.actor_kind == "anonymous", "nobody has proved to be the client"
    assert event.outcome == "refused"


@everywhere
def test_secret_in_the_header_is_accepted(machine: Browser, service: TestClient, path: str) -> None:
    assert ask(machine, path, **service.basic).status_code == 200


@everywhere
def test_secret_in_the_body_is_accepted(machine: Browser, service: TestClient, path: str) -> None:
    form = {"client_id": service.client_id, "client_secret": service.secret}
    assert ask(machine, path, form).status_code == 200


@everywhere
@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
@pytest.mark.spec("RFC 9110", "11.1")
def test_name_of_the_scheme_may_be_in_any_case(
    machine: Browser, service: TestClient, path: str, scheme: str
) -> None:
    headers = basic(f"{service.client_id}:{service.secret}", scheme=scheme)
    assert ask(machine, path, **headers).status_code == 200


def test_id_and_secret_are_form_encoded_in_the_header(machine: Browser) -> None:
    odd = make_client(
        kind="service",
        redirect_uris=[],
        scopes="files:read",
        client_id="a:b/c~d",
        secret="p:q%2F+é &" + "x" * 32,
    )
    pair = f"{quote_plus(odd.client_id)}:{quote_plus(odd.secret)}"
    assert ask(machine, "/oauth/token", **basic(pair)).status_code == 200


@everywhere
def test_both_ways_at_once_are_refused(machine: Browser, service: TestClient, path: str) -> None:
    form = {"client_id": service.client_id, "client_secret": service.secret}
    assert_refused(ask(machine, path, form, **service.basic))


@everywhere
@pytest.mark.parametrize("scheme", ["basic", "BASIC"])
def test_both_ways_at_once_are_refused_however_the_scheme_is_written(
    machine: Browser, service: TestClient, path: str, scheme: str
) -> None:
    form = {"client_id": service.client_id, "client_secret": service.secret}
    headers = basic(f"{service.client_id}:{service.secret}", scheme=scheme)
    assert_refused(ask(machine, path, form, **headers))


@everywhere
def test_another_client_in_the_body_than_in_the_header_is_refused(
    machine: Browser, service: TestClient, other_app: TestClient, path: str
) -> None:
    assert_refused(ask(machine, path, {"client_id": other_app.client_id}, **service.basic))


@everywhere
@pytest.mark.parametrize("secret", ["", "wrong", " ", "gcs_", "*" * 10_000])
def test_wrong_secret_is_refused_in_the_header(
    machine: Browser, service: TestClient, path: str, secret: str
) -> None:
    assert_refused(ask(machine, path, **basic(f"{service.client_id}:{secret}")))


@everywhere
@pytest.mark.parametrize("secret", ["", "wrong", " ", "gcs_", "*" * 10_000])
def test_wrong_secret_is_refused_in_the_body(
    machine: Browser, service: TestClient, path: str, secret: str
) -> None:
    assert_refused(ask(machine, path, {"client_id": service.client_id, "client_secret": secret}))


@everywhere
@pytest.mark.parametrize("change", ["cut", "longer", "spaced", "case"])
def test_nearly_right_secret_is_refused(
    machine: Browser, service: TestClient, path: str, change: str
) -> None:
    secret = {
        "cut": service.secret[:-1],
        "longer": service.secret + "=",
        "spaced": service.secret + " ",
        "case": service.secret.swapcase(),
    }[change]
    assert_refused(ask(machine, path, {"client_id": service.client_id, "client_secret": secret}))


@everywhere
def test_what_is_stored_of_a_secret_is_no_secret(machine: Browser, service: TestClient, path: str) -> None:
    assert_refused(ask(machine, path, **basic(f"{service.client_id}:{service.row.client_secret}")))


@everywhere
def test_secret_of_another_client_is_refused(
    machine: Browser, service: TestClient, other_app: TestClient, path: str
) -> None:
    assert_refused(ask(machine, path, **basic(f"{service.client_id}:{other_app.secret}")))


@everywhere
def test_confidential_client_without_a_secret_is_refused(
    machine: Browser, service: TestClient, path: str
) -> None:
    assert_refused(ask(machine, path, {"client_id": service.client_id}))


@everywhere
def test_nobody_is_refused(machine: Browser, path: str) -> None:
    assert_refused(ask(machine, path))


@everywhere
@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic  ",
        "Basic :",
        "Basic Og==",
        "Basic !!!!",
        "Basic YQ",
        "Basic YWJj ZGVm",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(b"a\x00b:c\x00d").decode(),
        "Basic " + base64.b64encode(b"a:" + b"x" * 20_000).decode(),
        "Bearer abc",
        "Digest username=x",
        "Négociation",
    ],
)
def test_malformed_credentials_are_refused(machine: Browser, path: str, header: str) -> None:
    assert_refused(ask(machine, path, HTTP_AUTHORIZATION=header))


@everywhere
def test_base64_with_anything_else_in_it_is_refused(machine: Browser, service: TestClient, path: str) -> None:
    right = service.basic["HTTP_AUTHORIZATION"]
    assert_refused(ask(machine, path, HTTP_AUTHORIZATION=right[:20] + "!" + right[20:]))


@everywhere
def test_disabled_client_is_refused(machine: Browser, service: TestClient, path: str) -> None:
    Client.objects.update(is_enabled=False)
    assert_refused(ask(machine, path, **service.basic))


@everywhere
def test_client_of_a_disabled_application_is_refused(
    machine: Browser, service: TestClient, path: str
) -> None:
    Application.objects.update(is_enabled=False)
    assert_refused(ask(machine, path, **service.basic))


@everywhere
@pytest.mark.parametrize("secret", ["guess", "gcs_guess"])
def test_public_client_with_a_secret_is_refused(
    machine: Browser, spa: TestClient, path: str, secret: str
) -> None:
    assert_refused(ask(machine, path, {"client_id": spa.client_id, "client_secret": secret}))


@everywhere
@pytest.mark.parametrize("secret", ["", "guess"])
def test_public_client_cannot_use_the_header(
    machine: Browser, spa: TestClient, path: str, secret: str
) -> None:
    assert_refused(ask(machine, path, **basic(f"{spa.client_id}:{secret}")))


@pytest.mark.spec("RFC 7662", "2.1")
def test_public_client_cannot_introspect(machine: Browser, spa: TestClient) -> None:
    assert_refused(ask(machine, "/oauth/introspect", {"client_id": spa.client_id}))


@pytest.mark.spec("RFC 6749", "4.4")
def test_public_client_gets_no_token_of_its_own(machine: Browser, spa: TestClient) -> None:
    assert_refused(ask(machine, "/oauth/token", {"client_id": spa.client_id}))


@pytest.mark.spec("RFC 9700", "2.5")
@pytest.mark.usefixtures("signing_keys")
def test_code_of_a_confidential_client_cannot_be_redeemed_with_its_id_alone(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app.client_id,
        "code_verifier": pkce.verifier,
        "redirect_uri": "https://app.example.org/callback",
    }
    assert_refused(post_form(machine, "/oauth/token", form))
    assert redeem(machine, app, code, pkce).status_code == 200


def test_old_secret_stops_working_when_a_new_one_is_made(machine: Browser, service: TestClient) -> None:
    other = make_client(kind="service", redirect_uris=[], scopes="files:read")
    Client.objects.filter(pk=service.row.pk).update(client_secret=other.row.client_secret)
    assert ask(machine, "/oauth/token", **basic(f"{service.client_id}:{other.secret}")).status_code == 200
    assert_refused(ask(machine, "/oauth/token", **service.basic))
