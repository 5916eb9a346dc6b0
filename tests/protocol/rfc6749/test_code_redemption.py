"""A code is worth one token response: to its client, for its redirect URI, in its minute."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.models import AccessToken, Authorization, AuthorizationCode, Client
from apps.signin.models import Session
from tests.factories.clients import (
    REDIRECT_URI,
    TestClient,
    call,
    introspect,
    make_client,
    make_pkce,
    obtain_code,
    redeem,
    refresh,
    userinfo,
)
from tests.protocol.answers import assert_json_error

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 6749", "4.1.3"),
]


def reason_of_refusal() -> str:
    reason: str = AuditEvent.objects.filter(action="token.refused").first().details["reason"]  # type: ignore[union-attr]  # one was just written
    return reason


@pytest.mark.spec("RFC 6749", "5.1")
def test_answer_holds_tokens_and_may_not_be_stored(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    answer = redeem(machine, app, obtain_code(visitor, app, pkce), pkce)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Pragma"] == "no-cache"
    assert not answer.cookies
    tokens = answer.json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"}
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == "openid profile email offline_access"
    for kind in ("access_token", "refresh_token"):
        assert len(tokens[kind]) >= 43, "fewer than 256 random bits"


@pytest.mark.spec("RFC 6749", "10.5")
@pytest.mark.spec("RFC 9700", "2.1.1")
def test_code_is_refused_on_second_use_and_what_it_gave_is_worth_nothing(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    tokens = redeem(machine, app, code, pkce).json()
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")
    assert reason_of_refusal() == "code_replayed"
    assert userinfo(machine, tokens["access_token"]).status_code == 401
    assert introspect(machine, app, tokens["access_token"]) == {"active": False}
    assert introspect(machine, app, tokens["refresh_token"]) == {"active": False}
    assert_json_error(refresh(machine, app, tokens["refresh_token"]), "invalid_grant")


def test_replayed_code_ends_also_what_was_refreshed_since(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    renewed = refresh(machine, app, redeem(machine, app, code, pkce).json()["refresh_token"]).json()
    redeem(machine, app, code, pkce)
    assert introspect(machine, app, renewed["access_token"]) == {"active": False}
    assert_json_error(refresh(machine, app, renewed["refresh_token"]), "invalid_grant")


def test_replayed_code_leaves_other_sign_ins_alone(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    first, second = obtain_code(visitor, app, pkce), obtain_code(visitor, app, pkce)
    tokens = redeem(machine, app, second, pkce).json()
    redeem(machine, app, first, pkce)
    redeem(machine, app, first, pkce)
    assert introspect(machine, app, tokens["access_token"])["active"] is True


def test_code_of_another_client_is_refused_and_stays_good(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    assert_json_error(redeem(machine, other_app, code, pkce), "invalid_grant")
    assert reason_of_refusal() == "code_of_another_client"
    assert redeem(machine, app, code, pkce).status_code == 200


def test_another_client_cannot_end_a_family_with_a_used_code(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    tokens = redeem(machine, app, code, pkce).json()
    assert_json_error(redeem(machine, other_app, code, pkce), "invalid_grant")
    assert introspect(machine, app, tokens["access_token"])["active"] is True


def test_code_is_refused_after_a_minute(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    stored = AuthorizationCode.objects.get()
    assert stored.expires - stored.created <= timedelta(seconds=61)
    AuthorizationCode.objects.update(expires=timezone.now())
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")
    assert reason_of_refusal() == "code_expired"


@pytest.mark.parametrize(
    "redirect_uri", ["", "https://app.example.org/other", "https://evil.example/", REDIRECT_URI + "/", "\n"]
)
def test_code_is_refused_for_another_redirect_uri(
    visitor: Browser, machine: Browser, redirect_uri: str
) -> None:
    app = make_client(redirect_uris=[REDIRECT_URI, "https://app.example.org/other"])
    pkce = make_pkce()
    answer = redeem(machine, app, obtain_code(visitor, app, pkce), pkce, redirect_uri=redirect_uri)
    assert_json_error(answer, "invalid_grant")


def test_code_is_refused_without_the_redirect_uri_it_was_asked_with(
    visitor: Browser, machine: Browser
) -> None:
    app = make_client(redirect_uris=["https://app.example.org/first", REDIRECT_URI])
    pkce = make_pkce()
    form = {"grant_type": "authorization_code", "code": obtain_code(visitor, app, pkce)}
    answer = call(machine, "/oauth/token", app, {**form, "code_verifier": pkce.verifier})
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_grant", "invalid_request"}


@pytest.mark.parametrize("is_bound", [True, False])
def test_redirect_uri_may_be_left_out_where_a_challenge_binds_the_code(
    visitor: Browser, machine: Browser, is_bound: bool
) -> None:
    app = make_client(is_pkce_required=False)
    pkce = make_pkce() if is_bound else None
    form = {"grant_type": "authorization_code", "code": obtain_code(visitor, app, pkce)}
    if pkce is not None:
        form["code_verifier"] = pkce.verifier
    answer = call(machine, "/oauth/token", app, form)
    if is_bound:
        assert answer.status_code == 200
    else:
        assert_json_error(answer, "invalid_grant")
        assert reason_of_refusal() == "redirect_uri_differs"


def test_code_cannot_be_cut_or_lengthened(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    for changed in (
        code[:-1],
        code + "=",
        code + " ",
        " " + code,
        code.swapcase(),
        code + "\u200b",
        code * 100,
    ):
        assert_json_error(redeem(machine, app, changed, pkce), "invalid_grant")
    assert redeem(machine, app, code, pkce).status_code == 200


@pytest.mark.parametrize("code", ["x", "' OR '1'='1", "ü", "gat_x", "0" * 64])
def test_made_up_code_is_refused(machine: Browser, app: TestClient, code: str) -> None:
    assert_json_error(redeem(machine, app, code, make_pkce()), "invalid_grant")
    assert reason_of_refusal() == "unknown_code"


def test_what_is_stored_of_a_code_is_no_code(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    obtain_code(visitor, app, pkce)
    assert_json_error(redeem(machine, app, AuthorizationCode.objects.get().code, pkce), "invalid_grant")


@pytest.mark.parametrize("code", [None, ""])
def test_missing_code_is_an_invalid_request(machine: Browser, app: TestClient, code: str | None) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
    answer = call(machine, "/oauth/token", app, form | ({} if code is None else {"code": code}))
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_request", "invalid_grant"}


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("status", [User.Status.SUSPENDED, User.Status.DEPROVISIONED])
def test_code_of_somebody_who_may_no_longer_sign_in_is_refused(
    visitor: Browser, machine: Browser, app: TestClient, person: User, status: str
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    User.objects.filter(pk=person.pk).update(status=status)
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")
    assert reason_of_refusal() == "authorization_ended"
    assert not AccessToken.objects.exists()


def test_code_is_refused_after_sign_out(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce, scope="openid")
    Session.objects.update(ended_at=timezone.now())
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")


def test_code_is_refused_after_the_authorization_was_revoked(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    Authorization.objects.update(revoked_at=timezone.now())
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")


def test_disabled_client_cannot_redeem(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    Client.objects.update(is_enabled=False)
    assert_json_error(redeem(machine, app, code, pkce), "invalid_client", status=401)


def test_public_client_redeems_with_its_id_alone(visitor: Browser, machine: Browser, spa: TestClient) -> None:
    pkce = make_pkce()
    assert redeem(machine, spa, obtain_code(visitor, spa, pkce), pkce).status_code == 200


def test_code_is_refused_after_the_role_was_taken_away(
    visitor: Browser, machine: Browser, person: User
) -> None:
    app = make_client(audience=Application.Audience.ASSIGNED)
    role = Role.objects.create(name="Reader", slug="reader", application=app.row.application)
    held = Assignment.objects.create(role=role, user=person)
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    held.delete()
    assert_json_error(redeem(machine, app, code, pkce), "invalid_grant")
    assert reason_of_refusal() == "access_ended"
