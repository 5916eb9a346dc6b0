"""A refresh token is used once, by its client, for no more than was granted."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.models import Authorization, Client, RefreshToken
from apps.signin.models import Session
from tests.factories.clients import (
    TestClient,
    call,
    introspect,
    make_client,
    obtain_tokens,
    refresh,
    userinfo,
)
from tests.protocol.answers import assert_json_error

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 6749", "6"),
]


def reason_of_refusal() -> str:
    event = AuditEvent.objects.filter(action="token.refused").first()
    assert event is not None
    return str(event.details["reason"])


def test_refreshing_gives_new_tokens_of_both_kinds(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    first = obtain_tokens(visitor, app)
    renewed = refresh(machine, app, first["refresh_token"]).json()
    assert renewed["access_token"] != first["access_token"]
    assert renewed["refresh_token"] != first["refresh_token"]
    assert userinfo(machine, renewed["access_token"]).status_code == 200


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_second_use_ends_the_whole_family(visitor: Browser, machine: Browser, app: TestClient) -> None:
    first = obtain_tokens(visitor, app)
    second = refresh(machine, app, first["refresh_token"]).json()
    third = refresh(machine, app, second["refresh_token"]).json()
    assert_json_error(refresh(machine, app, first["refresh_token"]), "invalid_grant")
    assert reason_of_refusal() == "refresh_replayed"
    for generation in (first, second, third):
        assert introspect(machine, app, generation["access_token"]) == {"active": False}
        assert userinfo(machine, generation["access_token"]).status_code == 401
    assert_json_error(refresh(machine, app, third["refresh_token"]), "invalid_grant")
    assert Authorization.objects.get().revoke_reason == "refresh_replayed"


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_there_is_no_grace_period_for_a_used_token(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    first = obtain_tokens(visitor, app)
    assert refresh(machine, app, first["refresh_token"]).status_code == 200
    assert_json_error(refresh(machine, app, first["refresh_token"]), "invalid_grant")


def test_another_clients_refresh_token_is_refused_and_stays_good(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    assert_json_error(refresh(machine, other_app, tokens["refresh_token"]), "invalid_grant")
    assert reason_of_refusal() == "refresh_token_of_another_client"
    assert refresh(machine, app, tokens["refresh_token"]).status_code == 200


def test_another_client_cannot_end_a_family_with_a_used_refresh_token(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient
) -> None:
    first = obtain_tokens(visitor, app)
    second = refresh(machine, app, first["refresh_token"]).json()
    assert_json_error(refresh(machine, other_app, first["refresh_token"]), "invalid_grant")
    assert introspect(machine, app, second["access_token"])["active"] is True


@pytest.mark.parametrize(
    "scope", ["openid admin", "admin", "files:read", "openid profile email offline_access x", "OPENID", "*"]
)
def test_scope_cannot_grow(visitor: Browser, machine: Browser, app: TestClient, scope: str) -> None:
    tokens = obtain_tokens(visitor, app)
    assert_json_error(refresh(machine, app, tokens["refresh_token"], scope=scope), "invalid_scope")


def test_scope_cannot_grow_to_what_the_client_may_but_the_person_did_not_grant(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid offline_access")
    answer = refresh(machine, app, tokens["refresh_token"], scope="openid email")
    assert_json_error(answer, "invalid_scope")


def test_scope_can_shrink_for_one_access_token_and_come_back(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    narrow = refresh(machine, app, tokens["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    assert "email" not in userinfo(machine, narrow["access_token"]).json()
    wide = refresh(machine, app, narrow["refresh_token"]).json()
    assert wide["scope"] == tokens["scope"]


def test_scope_that_left_the_registration_is_no_longer_given(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    Client.objects.filter(pk=app.row.pk).update(scopes="openid offline_access")
    answer = refresh(machine, app, tokens["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["scope"] == "openid offline_access"
    widened = refresh(machine, app, answer.json()["refresh_token"], scope="openid email")
    assert_json_error(widened, "invalid_scope")


def test_offline_access_that_left_the_registration_ends_with_the_session(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    Client.objects.filter(pk=app.row.pk).update(scopes="openid profile email")
    renewed = refresh(machine, app, tokens["refresh_token"]).json()
    assert renewed["scope"] == "openid profile email"
    visitor.post("/logout/")
    assert userinfo(machine, renewed["access_token"]).status_code == 401
    assert_json_error(refresh(machine, app, renewed["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("change", ["cut", "padded", "spaced", "prefix", "case"])
def test_changed_token_is_refused_and_ends_nothing(
    visitor: Browser, machine: Browser, app: TestClient, change: str
) -> None:
    token = obtain_tokens(visitor, app)["refresh_token"]
    changed = {
        "cut": token[:-1],
        "padded": token + "=",
        "spaced": token + " ",
        "prefix": token.removeprefix("grt_"),
        "case": token.swapcase(),
    }[change]
    assert_json_error(refresh(machine, app, changed), "invalid_grant")
    assert refresh(machine, app, token).status_code == 200


def test_access_token_is_no_refresh_token(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    assert_json_error(refresh(machine, app, tokens["access_token"]), "invalid_grant")
    assert_json_error(refresh(machine, app, tokens["id_token"]), "invalid_grant")


def test_missing_refresh_token_is_an_invalid_request(machine: Browser, app: TestClient) -> None:
    answer = call(machine, "/oauth/token", app, {"grant_type": "refresh_token"})
    assert_json_error(answer, "invalid_request")


def test_expired_refresh_token_is_refused(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    RefreshToken.objects.update(expires=timezone.now())
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "invalid_grant")
    assert reason_of_refusal() == "refresh_token_expired"


def test_refresh_needs_the_clients_secret(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    impostor = TestClient(app.row, "wrong")
    assert_json_error(refresh(machine, impostor, tokens["refresh_token"]), "invalid_client", status=401)
    assert refresh(machine, app, tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("OpenID Connect Core 1.0", "11")
def test_without_offline_access_refreshing_ends_with_the_session(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid")
    Session.objects.update(ended_at=timezone.now())
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "invalid_grant")
    assert reason_of_refusal() == "authorization_ended"


@pytest.mark.spec("OpenID Connect Core 1.0", "11")
def test_with_offline_access_refreshing_goes_on_after_sign_out(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    visitor.post("/logout/")
    assert refresh(machine, app, tokens["refresh_token"]).status_code == 200


def test_refreshing_ends_with_the_role_in_the_application(
    visitor: Browser, machine: Browser, person: User
) -> None:
    app = make_client(audience=Application.Audience.ASSIGNED)
    role = Role.objects.create(name="Reader", slug="reader", application=app.row.application)
    held = Assignment.objects.create(role=role, user=person)
    tokens = obtain_tokens(visitor, app)
    held.delete()
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "invalid_grant")
    assert reason_of_refusal() == "access_ended"


def test_client_of_another_kind_cannot_refresh(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    Client.objects.filter(pk=app.row.pk).update(authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS)
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "unauthorized_client")
