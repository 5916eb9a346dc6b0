"""A service gets a token for itself, for no more than it was registered for."""

from typing import Any

import pytest
from django.test import Client as Browser

from apps.oauth.models import AccessToken, Client, RefreshToken
from tests.factories.clients import TestClient, call, introspect, userinfo
from tests.protocol.answers import assert_json_error

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "4.4")]


def ask(machine: Browser, service: TestClient, **more: str) -> Any:
    return call(machine, "/oauth/token", service, {"grant_type": "client_credentials", **more})


def test_service_gets_an_access_token_and_nothing_else(machine: Browser, service: TestClient) -> None:
    answer = call(
        machine, "/oauth/token", service, {"grant_type": "client_credentials", "scope": "files:read"}
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json()["scope"] == "files:read"
    assert not RefreshToken.objects.exists()
    said = introspect(machine, service, answer.json()["access_token"])
    assert said["active"] is True
    assert said["sub"] == said["client_id"] == service.client_id
    assert "username" not in said


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize(
    "scope", ["admin", "files:read admin", "openid", "FILES:READ", "*", "files:read\x0bfiles:write"]
)
def test_scope_beyond_the_registration_is_refused(machine: Browser, service: TestClient, scope: str) -> None:
    answer = ask(machine, service, scope=scope)
    assert_json_error(answer, "invalid_scope")
    assert answer.json()["error_description"]
    assert not AccessToken.objects.exists()


@pytest.mark.spec("RFC 6749", "3.3")
def test_service_says_what_it_wants(machine: Browser, service: TestClient) -> None:
    for answer in (ask(machine, service), ask(machine, service, scope="")):
        assert_json_error(answer, "invalid_scope")
        assert answer.json()["error_description"] == "Say which scopes are wanted."


def test_client_that_signs_people_in_gets_no_token_of_its_own(machine: Browser, app: TestClient) -> None:
    assert_json_error(ask(machine, app, scope="openid"), "unauthorized_client")


def test_service_redeems_no_code_and_refreshes_nothing(machine: Browser, service: TestClient) -> None:
    for form in (
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://app.example.org/callback"},
        {"grant_type": "refresh_token", "refresh_token": "x"},
    ):
        assert_json_error(call(machine, "/oauth/token", service, form), "unauthorized_client")


@pytest.mark.spec("OpenID Connect Core 1.0", "5.3.3")
def test_service_is_nobody_at_userinfo(machine: Browser, service: TestClient) -> None:
    Client.objects.filter(pk=service.row.pk).update(scopes="openid profile")
    token = call(
        machine, "/oauth/token", service, {"grant_type": "client_credentials", "scope": "openid profile"}
    ).json()["access_token"]
    assert_json_error(userinfo(machine, token), "insufficient_scope", status=403)


def test_token_of_a_disabled_service_is_dead_at_once(
    machine: Browser, service: TestClient, app: TestClient
) -> None:
    token = call(
        machine, "/oauth/token", service, {"grant_type": "client_credentials", "scope": "files:read"}
    ).json()["access_token"]
    Client.objects.filter(pk=app.row.pk).update(is_resource_server=True, scopes="files:read")
    assert introspect(machine, app, token)["active"] is True
    Client.objects.filter(pk=service.row.pk).update(is_enabled=False)
    assert introspect(machine, app, token) == {"active": False}


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "openid",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "CLIENT_CREDENTIALS",
        "client_credentials ",
        "x" * 10_000,
    ],
)
@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.spec("RFC 9700", "2.4")
def test_there_are_no_other_grants(machine: Browser, service: TestClient, grant_type: str) -> None:
    form = {
        "grant_type": grant_type,
        "username": "x",
        "password": "y",
        "device_code": "z",
        "scope": "files:read",
    }
    assert_json_error(call(machine, "/oauth/token", service, form), "unsupported_grant_type")


@pytest.mark.parametrize("form", [{}, {"grant_type": ""}])
@pytest.mark.spec("RFC 6749", "5.2")
def test_missing_grant_type_is_an_invalid_request(
    machine: Browser, service: TestClient, form: dict[str, str]
) -> None:
    assert_json_error(call(machine, "/oauth/token", service, form), "invalid_request")
