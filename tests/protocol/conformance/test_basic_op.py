"""The entries of the OpenID Foundation's Basic OP plan, in its order, as far as they apply."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.oauth.models import AuthorizationCode, Client
from apps.signin.models import Session
from tests.factories.clients import (
    TestClient,
    make_pkce,
    post_form,
    redeem,
    refresh,
    returned,
    userinfo,
)
from tests.factories.id_tokens import read_id_token
from tests.protocol.answers import (
    assert_code_redirect,
    assert_error_page,
    assert_error_redirect,
    assert_json_error,
)
from tests.protocol.conformance.relying_party import RelyingParty

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core 1.0", "3.1")]
UI_ERRORS = {"login_required", "interaction_required", "account_selection_required", "consent_required"}


def let_time_pass(**span: float) -> None:
    Session.objects.update(authenticated_at=timezone.now() - timedelta(**span))


def test_happy_flow(party: RelyingParty) -> None:
    tokens, claims = party.flow()
    assert party.userinfo(tokens["access_token"])["sub"] == claims["sub"]


def test_happy_flow_with_client_secret_post(party: RelyingParty) -> None:
    code = party.code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://app.example.org/callback",
        "code_verifier": party.pkce.verifier,
        "client_id": party.app.client_id,
        "client_secret": party.app.secret,
    }
    assert post_form(party.machine, "/oauth/token", form).status_code == 200


def test_response_type_missing(party: RelyingParty) -> None:
    answer = party.send(response_type=None)
    assert_error_redirect(answer, "invalid_request", state=party.sent["state"])


@pytest.mark.spec("RFC 9864", "2")
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", Client.SigningAlgorithm.values)
def test_id_token_is_signed_as_registered_and_names_its_key(party: RelyingParty, algorithm: str) -> None:
    Client.objects.filter(pk=party.app.row.pk).update(algorithm=algorithm)
    tokens, _ = party.flow()
    header, _claims = read_id_token(party.machine, tokens["id_token"])
    assert header["alg"] == algorithm
    assert header["kid"] in {key["kid"] for key in party.machine.get("/.well-known/jwks.json").json()["keys"]}


def test_id_token_is_rs256_unless_registered_otherwise(party: RelyingParty) -> None:
    tokens, _ = party.flow()
    assert read_id_token(party.machine, tokens["id_token"])[0]["alg"] == "RS256"


def test_userinfo_by_get_by_header_and_by_body(party: RelyingParty) -> None:
    token = party.flow()[0]["access_token"]
    header: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    answers = [
        party.machine.get("/oauth/userinfo", **header),
        post_form(party.machine, "/oauth/userinfo", {}, **header),
        post_form(party.machine, "/oauth/userinfo", {"access_token": token}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0]["Content-Type"] == "application/json"


def test_code_flow_without_nonce(party: RelyingParty) -> None:
    _, claims = party.flow(nonce=None)
    assert "nonce" not in claims


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid profile", {"name", "given_name", "family_name", "preferred_username", "updated_at"}),
        ("openid email", {"email", "email_verified"}),
        ("openid profile email", {"name", "email"}),
    ],
)
def test_scope_gives_its_claims_at_userinfo(party: RelyingParty, scope: str, claims: set[str]) -> None:
    tokens, _ = party.flow(scope=scope)
    assert claims <= set(party.userinfo(tokens["access_token"]))


def test_order_of_parameters_and_scopes_does_not_matter(party: RelyingParty) -> None:
    party.send(scope="email profile openid")
    answer, _ = party.walk(party.browser.get("/oauth/authorize", dict(reversed(party.sent.items()))))
    code = assert_code_redirect(answer, state=party.sent["state"])
    assert "id_token" in party.tokens(code)[0]


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap", "unheard_of"])
def test_display_is_tolerated(party: RelyingParty, display: str) -> None:
    party.flow(display=display)


def test_prompt_login_asks_again_and_auth_time_grows(party: RelyingParty) -> None:
    _, first = party.flow()
    let_time_pass(seconds=30)
    _, before = party.flow()
    answer, passwords = party.walk(party.send(prompt="login"))
    assert passwords == 1
    _, after = party.tokens(assert_code_redirect(answer, state=party.sent["state"]))
    assert after["auth_time"] > before["auth_time"]
    assert after["sub"] == first["sub"]


def test_prompt_none_without_a_session(party: RelyingParty) -> None:
    answer = party.send(prompt="none")
    assert party.returns_to_the_client(answer)
    assert returned(answer)["error"] in UI_ERRORS
    assert returned(answer)["state"] == party.sent["state"]


def test_prompt_none_with_a_session_is_silent_and_about_the_same_sign_in(party: RelyingParty) -> None:
    _, first = party.flow()
    answer = party.send(prompt="none")
    assert party.returns_to_the_client(answer), "a page was shown"
    _, second = party.tokens(assert_code_redirect(answer, state=party.sent["state"]))
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_max_age_that_has_passed_asks_again(party: RelyingParty) -> None:
    _, first = party.flow()
    let_time_pass(seconds=2)
    answer, passwords = party.walk(party.send(max_age="1"))
    assert passwords == 1
    _, second = party.tokens(assert_code_redirect(answer, state=party.sent["state"]))
    assert second["auth_time"] >= first["auth_time"]


def test_max_age_that_has_not_passed_does_not_ask(party: RelyingParty) -> None:
    _, first = party.flow(max_age="15000")
    answer, passwords = party.walk(party.send(max_age="10000"))
    assert passwords == 0
    _, second = party.tokens(assert_code_redirect(answer, state=party.sent["state"]))
    assert second["auth_time"] == first["auth_time"]


def test_unknown_parameter_is_ignored(party: RelyingParty) -> None:
    party.flow(extra="foobar")


def test_id_token_hint_with_prompt_none(party: RelyingParty) -> None:
    tokens, first = party.flow()
    answer = party.send(prompt="none", id_token_hint=tokens["id_token"])
    _, second = party.tokens(assert_code_redirect(answer, state=party.sent["state"]))
    assert second["sub"] == first["sub"]


@pytest.mark.parametrize(
    "more",
    [
        {"login_hint": "kim@example.org"},
        {"ui_locales": "se"},
        {"ui_locales": "de-CH fr"},
        {"claims_locales": "se"},
        {"acr_values": "1 2"},
        {"claims": '{"userinfo":{"name":{"essential":true}}}'},
    ],
)
def test_hint_or_wish_does_not_get_in_the_way(party: RelyingParty, more: dict[str, str]) -> None:
    tokens, claims = party.flow(**more)
    assert claims["acr"]
    assert party.userinfo(tokens["access_token"])["name"]


def test_code_reuse_at_once(party: RelyingParty) -> None:
    code = party.code()
    tokens, _ = party.tokens(code)
    assert_json_error(redeem(party.machine, party.app, code, party.pkce), "invalid_grant")
    assert userinfo(party.machine, tokens["access_token"]).status_code == 401


def test_code_reuse_after_thirty_seconds(party: RelyingParty) -> None:
    code = party.code()
    tokens, _ = party.tokens(code)
    AuthorizationCode.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert_json_error(redeem(party.machine, party.app, code, party.pkce), "invalid_grant")
    assert userinfo(party.machine, tokens["access_token"]).status_code == 401


def test_unregistered_redirect_uri_gets_a_page(party: RelyingParty) -> None:
    assert_error_page(party.send(redirect_uri=f"https://app.example.org/{secrets.token_hex(4)}"))


def test_authorization_request_by_post(party: RelyingParty) -> None:
    party.send()
    answer, _ = party.walk(party.browser.post("/oauth/authorize", party.sent))
    party.tokens(assert_code_redirect(answer, state=party.sent["state"]))


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"request_uri": "https://app.example.org/request.jwt#abc"}, "request_uri_not_supported"),
        ({"request": "eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im9wZW5pZCJ9."}, "request_not_supported"),
    ],
)
def test_request_object_is_never_silently_ignored(
    party: RelyingParty, more: dict[str, str], error: str
) -> None:
    answer = party.send(**more)
    assert_error_redirect(answer, error, state=party.sent["state"])


def test_refresh_token_keeps_whose_and_which_sign_in_it_is(party: RelyingParty) -> None:
    tokens, first = party.flow()
    let_time_pass(seconds=30)
    renewed = refresh(party.machine, party.app, tokens["refresh_token"]).json()
    second = party.checked(renewed["id_token"], nonce=None)
    for claim in ("iss", "sub", "aud", "auth_time", "sid"):
        assert second[claim] == first[claim]
    assert second["at_hash"] != first["at_hash"]


def test_refresh_token_is_bound_to_its_client(party: RelyingParty, other_app: TestClient) -> None:
    tokens, _ = party.flow()
    assert_json_error(refresh(party.machine, other_app, tokens["refresh_token"]), "invalid_grant")


def test_pkce(party: RelyingParty) -> None:
    party.pkce = make_pkce()
    party.flow()


def test_state_is_returned_only_if_sent(party: RelyingParty) -> None:
    party.flow(state=None)


def test_sub_is_the_same_for_every_sign_in_and_different_for_every_person(
    party: RelyingParty, other_app: TestClient
) -> None:
    _, first = party.flow()
    party.browser.cookies.clear()
    _, second = party.flow()
    assert second["sub"] == first["sub"] == str(party.person.pk)
    assert second["sid"] != first["sid"]


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.3.6")
@pytest.mark.spec("RFC 8032", "5.1")
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", Client.SigningAlgorithm.values)
def test_at_hash_is_the_left_half_of_the_access_tokens_hash(party: RelyingParty, algorithm: str) -> None:
    Client.objects.filter(pk=party.app.row.pk).update(algorithm=algorithm)
    tokens, claims = party.flow()
    digest = hashlib.new(
        "sha512" if algorithm.startswith("Ed") else "sha256", tokens["access_token"].encode()
    )
    half = digest.digest()[: digest.digest_size // 2]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")
