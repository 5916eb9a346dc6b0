"""Revoking any token of a family ends the family; only its own client can."""

import pytest
from django.test import Client as Browser

from apps.audit.models import AuditEvent
from apps.oauth.models import Authorization
from tests.factories.clients import TestClient, call, introspect, obtain_tokens, refresh, userinfo
from tests.protocol.answers import assert_json_error

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 7009", "2.1"),
]


def revoke(machine: Browser, app: TestClient, token: str, **more: str) -> None:
    answer = call(machine, "/oauth/revoke", app, {"token": token, **more})
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "saml_assertion", ""])
def test_either_token_ends_both_whatever_the_hint(
    visitor: Browser, machine: Browser, app: TestClient, kind: str, hint: str | None
) -> None:
    tokens = obtain_tokens(visitor, app)
    revoke(machine, app, tokens[kind], **({} if hint is None else {"token_type_hint": hint}))
    assert userinfo(machine, tokens["access_token"]).status_code == 401
    assert introspect(machine, app, tokens["access_token"]) == {"active": False}
    assert introspect(machine, app, tokens["refresh_token"]) == {"active": False}
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "invalid_grant")
    assert Authorization.objects.get().revoke_reason == "client"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_client_ends_nothing_and_learns_nothing(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient, kind: str
) -> None:
    tokens = obtain_tokens(visitor, app)
    revoke(machine, other_app, tokens[kind])
    assert introspect(machine, app, tokens["access_token"])["active"] is True
    assert refresh(machine, app, tokens["refresh_token"]).status_code == 200


def test_public_client_revokes_with_its_id_alone(visitor: Browser, machine: Browser, spa: TestClient) -> None:
    tokens = obtain_tokens(visitor, spa)
    revoke(machine, spa, tokens["refresh_token"])
    assert userinfo(machine, tokens["access_token"]).status_code == 401


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize("token", ["x", "gat_x", "é", "0" * 64, "a" * 100_000, "' OR 1=1 --"])
def test_unknown_token_is_answered_like_a_revoked_one(machine: Browser, app: TestClient, token: str) -> None:
    revoke(machine, app, token)


@pytest.mark.spec("RFC 7009", "2.2")
def test_revoking_again_changes_and_records_nothing(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    for kind in ("refresh_token", "refresh_token", "access_token"):
        revoke(machine, app, tokens[kind])
    assert AuditEvent.objects.filter(action="authorization.revoked").count() == 1


def test_used_refresh_token_still_ends_the_family(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    first = obtain_tokens(visitor, app)
    renewed = refresh(machine, app, first["refresh_token"]).json()
    revoke(machine, app, first["refresh_token"])
    assert introspect(machine, app, renewed["access_token"]) == {"active": False}


def test_other_families_of_the_same_person_and_client_go_on(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    first, second = obtain_tokens(visitor, app), obtain_tokens(visitor, app)
    revoke(machine, app, first["refresh_token"])
    assert introspect(machine, app, second["access_token"])["active"] is True


@pytest.mark.parametrize("change", ["cut", "padded", "id token"])
def test_anything_but_the_issued_token_ends_nothing(
    visitor: Browser, machine: Browser, app: TestClient, change: str
) -> None:
    tokens = obtain_tokens(visitor, app)
    token = tokens["refresh_token"]
    revoke(machine, app, {"cut": token[:-1], "padded": token + "=", "id token": tokens["id_token"]}[change])
    assert introspect(machine, app, token)["active"] is True


def test_service_revokes_its_own_token(machine: Browser, service: TestClient) -> None:
    form = {"grant_type": "client_credentials", "scope": "files:read"}
    first, second = (call(machine, "/oauth/token", service, form).json()["access_token"] for _ in range(2))
    revoke(machine, service, first)
    revoke(machine, service, first)
    assert introspect(machine, service, first) == {"active": False}
    assert introspect(machine, service, second)["active"] is True
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
