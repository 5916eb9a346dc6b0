"""The RP-initiated logout plan, and what the specification asks beyond it."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client as Browser

from apps.audit.models import AuditEvent
from apps.oauth.models import Client
from apps.signin.models import Session
from tests.factories.clients import TestClient, make_client, redeem, returned
from tests.factories.id_tokens import decode, encode
from tests.factories.people import make_user, sign_in
from tests.protocol.answers import assert_error_page
from tests.protocol.conformance.relying_party import RelyingParty

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "2"),
]
PATH = "/oauth/logout"
RETURN = "https://app.example.org/"


def is_signed_in(party: RelyingParty) -> bool:
    answer = party.send(prompt="none")
    return returned(answer).get("error") != "login_required"


def assert_stays_here(answer: Any) -> None:
    assert answer.status_code in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}
    assert not answer.has_header("Location")


def test_discovery_names_the_endpoint(machine: Browser) -> None:
    metadata = machine.get("/.well-known/openid-configuration").json()
    assert metadata["end_session_endpoint"].endswith(PATH)


def test_hint_address_and_state_lead_back_signed_out(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": RETURN, "state": "a b&c<>"}
    answer = party.browser.get(PATH, parameters)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert answer["Location"].startswith(f"{RETURN}?")
    assert returned(answer) == {"state": "a b&c<>"}
    assert not is_signed_in(party)
    assert Session.objects.get().end_reason == "signed_out"


def test_without_state_none_comes_back(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    answer = party.browser.get(PATH, {"id_token_hint": hint, "post_logout_redirect_uri": RETURN})
    assert answer["Location"] == RETURN


def test_expired_hint_is_good_enough(party: RelyingParty, settings: Any) -> None:
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"ID_TOKEN_EXPIRE_SECONDS": -100}
    party.send()
    answer, _ = party.walk(party.send())
    hint = redeem(party.machine, party.app, returned(answer)["code"], party.pkce).json()["id_token"]
    assert decode(hint.split(".")[1])["exp"] < decode(hint.split(".")[1])["iat"]
    answer = party.browser.get(PATH, {"id_token_hint": hint, "post_logout_redirect_uri": RETURN})
    assert answer["Location"] == RETURN


def test_bad_signature_leads_nowhere(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    head, body, signature = hint.split(".")
    changed = f"{head}.{body}.{signature[:10]}{'A' if signature[10] != 'A' else 'B'}{signature[11:]}"
    assert_error_page(party.browser.get(PATH, {"id_token_hint": changed, "post_logout_redirect_uri": RETURN}))
    assert is_signed_in(party)


def test_algorithm_changed_to_none_leads_nowhere(party: RelyingParty) -> None:
    head, body, _ = party.flow()[0]["id_token"].split(".")
    changed = f"{encode(decode(head) | {'alg': 'none'})}.{body}."
    assert_error_page(party.browser.get(PATH, {"id_token_hint": changed, "post_logout_redirect_uri": RETURN}))
    assert is_signed_in(party)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.org/?foo=bar",
        "https://app.example.org",
        "https://app.example.org/x",
        "https://app.example.org//",
        "https://app.example.org/callback",
        "https://app.example.org@evil.example/",
        "https://evil.example/",
        "javascript:alert(1)",
        "//app.example.org/",
        "https://app.example.org\\@evil.example/",
        " https://app.example.org/",
        "https://app.example.org/\x00",
    ],
)
def test_address_that_is_not_registered_leads_nowhere(party: RelyingParty, uri: str) -> None:
    hint = party.flow()[0]["id_token"]
    assert_error_page(party.browser.get(PATH, {"id_token_hint": hint, "post_logout_redirect_uri": uri}))
    assert is_signed_in(party)


def test_address_of_another_client_leads_nowhere(party: RelyingParty) -> None:
    make_client(post_logout_redirect_uris=["https://other.example.org/"])
    hint = party.flow()[0]["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": "https://other.example.org/"}
    assert_error_page(party.browser.get(PATH, parameters))


def test_address_without_hint_leads_nowhere(party: RelyingParty) -> None:
    party.flow()
    assert_stays_here(party.browser.get(PATH, {"post_logout_redirect_uri": RETURN}))


def test_address_with_client_but_without_hint_asks_and_leads_nowhere(party: RelyingParty) -> None:
    party.flow()
    parameters = {"post_logout_redirect_uri": RETURN, "client_id": party.app.client_id}
    asked = party.browser.get(PATH, parameters)
    assert_stays_here(asked)
    assert is_signed_in(party)
    assert_stays_here(party.browser.post(PATH, parameters | {"confirm": "yes"}))
    assert not is_signed_in(party)


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}])
def test_without_parameters_the_person_is_asked_and_then_signed_out(
    party: RelyingParty, parameters: dict[str, str]
) -> None:
    party.flow()
    assert_stays_here(party.browser.get(PATH, parameters))
    assert is_signed_in(party)
    answer = party.browser.post(PATH, parameters | {"confirm": "yes"})
    assert answer.status_code == HTTPStatus.OK
    assert not is_signed_in(party)


def test_without_session_a_page_says_signed_out(machine: Browser) -> None:
    answer = machine.get(PATH)
    assert answer.status_code == HTTPStatus.OK
    assert_stays_here(answer)


def test_hint_alone_signs_out_and_stays_here(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    answer = party.browser.get(PATH, {"id_token_hint": hint})
    assert answer.status_code == HTTPStatus.OK
    assert_stays_here(answer)
    assert not is_signed_in(party)


def test_request_sent_as_a_form_is_treated_like_one_in_the_address(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    first = party.browser.post(
        PATH, {"id_token_hint": hint, "post_logout_redirect_uri": RETURN, "state": "s"}
    )
    answer = party.browser.get(first["Location"])
    assert answer["Location"] == f"{RETURN}?state=s"
    assert not is_signed_in(party)


# Beyond the plan ---------------------------------------------------------------------------------------------


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "6")
def test_another_site_cannot_confirm(party: RelyingParty) -> None:
    party.flow()
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = party.browser.cookies
    assert strict.post(PATH, {"confirm": "yes"}).status_code == HTTPStatus.FORBIDDEN
    assert is_signed_in(party)


def test_hint_of_another_session_asks_first(party: RelyingParty) -> None:
    """Somebody who got hold of an ID token must not sign people out with a picture's address."""
    hint = party.flow()[0]["id_token"]
    other = Browser()
    sign_in(other, make_user())
    answer = other.get(PATH, {"id_token_hint": hint, "post_logout_redirect_uri": RETURN})
    assert answer.status_code == HTTPStatus.OK
    assert Session.objects.filter(ended_at__isnull=True).count() == 2


def test_client_that_contradicts_the_hint_leads_nowhere(party: RelyingParty, other_app: TestClient) -> None:
    hint = party.flow()[0]["id_token"]
    parameters = {"id_token_hint": hint, "client_id": other_app.client_id, "post_logout_redirect_uri": RETURN}
    assert_error_page(party.browser.get(PATH, parameters))
    assert is_signed_in(party)


def test_disabled_client_leads_nowhere(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    Client.objects.update(is_enabled=False)
    assert_error_page(party.browser.get(PATH, {"id_token_hint": hint, "post_logout_redirect_uri": RETURN}))


@pytest.mark.parametrize("name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"])
def test_repeated_parameter_leads_nowhere(party: RelyingParty, name: str) -> None:
    hint = party.flow()[0]["id_token"]
    values = {
        "id_token_hint": hint,
        "client_id": party.app.client_id,
        "post_logout_redirect_uri": RETURN,
        "state": "s",
    }
    repeated = {**values, name: [values[name], values[name]]}
    assert_error_page(party.browser.get(PATH, repeated))
    assert_error_page(party.browser.post(PATH, {**repeated, "confirm": "yes"}))
    assert_error_page(party.browser.get(party.browser.post(PATH, repeated)["Location"]))
    assert is_signed_in(party)


def test_signing_out_is_recorded_once(party: RelyingParty) -> None:
    hint = party.flow()[0]["id_token"]
    for _ in range(2):
        party.browser.get(PATH, {"id_token_hint": hint})
    event = AuditEvent.objects.get(action="session.ended")
    assert event.details == {"reason": "signed_out"}
    assert event.actor_id == str(party.person.pk)
