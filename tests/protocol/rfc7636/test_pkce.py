"""Proof Key for Code Exchange, and every way around it."""

import pytest
from django.test import Client as Browser

from apps.oauth.models import AuthorizationCode
from tests.factories.clients import (
    REDIRECT_URI,
    Pkce,
    TestClient,
    authorization_parameters,
    call,
    make_client,
    make_pkce,
    obtain_code,
    redeem,
)
from tests.protocol.answers import assert_error_redirect, assert_json_error

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]
RFC_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
RFC_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ANOTHER_VERIFIER = "another-verifier-of-the-length-that-rfc-7636-asks-for"


@pytest.mark.spec("RFC 7636", "B")
def test_example_of_the_standard_is_accepted(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = Pkce(RFC_VERIFIER, RFC_CHALLENGE)
    assert redeem(machine, app, obtain_code(visitor, app, pkce), pkce).status_code == 200


@pytest.mark.spec("RFC 7636", "4.4.1")
@pytest.mark.parametrize("kind", ["web", "spa", "native"])
def test_request_without_challenge_is_refused(visitor: Browser, kind: str) -> None:
    app = make_client(kind=kind)
    parameters = authorization_parameters(app, None)
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


@pytest.mark.spec("RFC 7636", "7.2")
@pytest.mark.spec("RFC 9700", "2.1.1")
@pytest.mark.parametrize("method", ["plain", "", "s256", "S512", "none", "S256 plain"])
@pytest.mark.parametrize("is_pkce_required", [True, False])
def test_only_s256_is_accepted(visitor: Browser, method: str, is_pkce_required: bool) -> None:
    app = make_client(is_pkce_required=is_pkce_required)
    parameters = authorization_parameters(app, make_pkce(), code_challenge_method=method)
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


@pytest.mark.spec("RFC 7636", "4.3")
def test_method_left_out_would_mean_plain_and_is_refused(visitor: Browser, app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce())
    del parameters["code_challenge_method"]
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


@pytest.mark.spec("RFC 7636", "4.2")
@pytest.mark.parametrize(
    "challenge",
    ["", "short", RFC_CHALLENGE + "=", RFC_CHALLENGE[:-1], RFC_CHALLENGE + "A", "+" * 43, "a" * 5_000],
)
@pytest.mark.parametrize("is_pkce_required", [True, False])
def test_challenge_that_no_verifier_hashes_to_is_refused(
    visitor: Browser, challenge: str, is_pkce_required: bool
) -> None:
    app = make_client(is_pkce_required=is_pkce_required)
    parameters = authorization_parameters(app, Pkce("", challenge))
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


@pytest.mark.spec("RFC 7636", "4.6")
@pytest.mark.parametrize(
    "verifier",
    [
        None,
        "",
        ANOTHER_VERIFIER,
        RFC_CHALLENGE,
        RFC_VERIFIER + "A",
        RFC_VERIFIER[:-1],
        "é" * 43,
        "a" * 129,
    ],
)
def test_code_is_worth_nothing_without_its_verifier(
    visitor: Browser, machine: Browser, app: TestClient, verifier: str | None
) -> None:
    code = obtain_code(visitor, app, Pkce(RFC_VERIFIER, RFC_CHALLENGE))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    if verifier is not None:
        form["code_verifier"] = verifier
    assert_json_error(call(machine, "/oauth/token", app, form), "invalid_grant")
    assert AuthorizationCode.objects.get().consumed_at is None


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_verifier_for_a_code_that_was_asked_for_without_challenge_is_refused(
    visitor: Browser, machine: Browser
) -> None:
    """Somebody took the challenge out of the request on its way: the downgrade must not work."""
    app = make_client(is_pkce_required=False)
    code = obtain_code(visitor, app, None)
    assert_json_error(redeem(machine, app, code, make_pkce()), "invalid_grant")


@pytest.mark.spec("RFC 7636", "4.5")
def test_client_that_cannot_do_pkce_can_be_let_off(visitor: Browser, machine: Browser) -> None:
    app = make_client(is_pkce_required=False)
    form = {
        "grant_type": "authorization_code",
        "code": obtain_code(visitor, app, None),
        "redirect_uri": REDIRECT_URI,
    }
    assert call(machine, "/oauth/token", app, form).status_code == 200


def test_challenge_that_was_sent_counts_even_for_a_client_that_is_let_off(
    visitor: Browser, machine: Browser
) -> None:
    app = make_client(is_pkce_required=False)
    code = obtain_code(visitor, app, make_pkce())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    assert_json_error(call(machine, "/oauth/token", app, form), "invalid_grant")


def test_public_client_is_never_let_off(visitor: Browser) -> None:
    spa = make_client(kind="spa", is_pkce_required=False)
    assert spa.row.is_pkce_required
    spa.row.is_pkce_required = False
    spa.row.save()
    parameters = authorization_parameters(spa, None)
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")
