"""Introspection tells a client about its own tokens, and a resource server about its own scopes."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from apps.directory.models import User
from apps.oauth.models import AccessToken
from tests.factories.clients import TestClient, introspect, make_client, obtain_tokens, refresh

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 7662", "2.2"),
]
INACTIVE = {"active": False}


def make_resource_server(scopes: str, *, is_resource_server: bool = True) -> TestClient:
    return make_client(kind="service", redirect_uris=[], scopes=scopes, is_resource_server=is_resource_server)


def test_access_token_is_described_to_its_client(
    visitor: Browser, machine: Browser, app: TestClient, person: User
) -> None:
    token = obtain_tokens(visitor, app)["access_token"]
    said = introspect(machine, app, token)
    assert said.pop("exp") - said.pop("iat") in {3_599, 3_600, 3_601}
    assert said == {
        "active": True,
        "scope": "openid profile email offline_access",
        "client_id": app.client_id,
        "token_type": "Bearer",
        "iss": settings.BASE_URL,
        "sub": str(person.pk),
        "username": person.username,
    }


def test_refresh_token_is_described_to_its_client_as_no_access_token(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    said = introspect(machine, app, obtain_tokens(visitor, app)["refresh_token"])
    assert said["active"] is True
    assert "token_type" not in said
    assert said["exp"] > time.time() + timedelta(days=29).total_seconds()


@pytest.mark.spec("RFC 7662", "4")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token", "id_token"])
def test_another_client_learns_nothing(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient, kind: str
) -> None:
    assert introspect(machine, other_app, obtain_tokens(visitor, app)[kind]) == INACTIVE


def test_resource_server_sees_only_its_own_scopes(visitor: Browser, machine: Browser) -> None:
    app = make_client(scopes="openid email files:read mail:read")
    token = obtain_tokens(visitor, app, scope="openid email files:read mail:read")["access_token"]
    assert introspect(machine, make_resource_server("files:read files:write"), token)["scope"] == "files:read"
    assert introspect(machine, make_resource_server("calendar:read"), token) == INACTIVE
    not_one = make_resource_server("files:read", is_resource_server=False)
    assert introspect(machine, not_one, token) == INACTIVE


def test_resource_server_does_not_see_refresh_tokens(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    token = obtain_tokens(visitor, app)["refresh_token"]
    assert introspect(machine, make_resource_server("openid profile email"), token) == INACTIVE


@pytest.mark.parametrize("change", ["cut", "padded", "spaced", "case", "stored", "long", "script", "words"])
def test_anything_but_the_issued_token_is_inactive(
    visitor: Browser, machine: Browser, app: TestClient, change: str
) -> None:
    token = obtain_tokens(visitor, app)["access_token"]
    changed = {
        "cut": token[:-1],
        "padded": token + "=",
        "spaced": token + " ",
        "case": token.swapcase(),
        "stored": AccessToken.objects.get().token_checksum,
        "long": "a" * 100_000,
        "script": "<script>",
        "words": "é ü \u202e",
    }[change]
    assert introspect(machine, app, changed) == INACTIVE


def test_expired_token_is_inactive(visitor: Browser, machine: Browser, app: TestClient) -> None:
    token = obtain_tokens(visitor, app)["access_token"]
    AccessToken.objects.update(expires=timezone.now())
    assert introspect(machine, app, token) == INACTIVE


def test_used_refresh_token_is_inactive(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    refresh(machine, app, tokens["refresh_token"])
    assert introspect(machine, app, tokens["refresh_token"]) == INACTIVE
