"""The Config OP plan: what discovery says is well-formed, complete and true."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from apps.keys.models import SigningKey
from apps.oauth.views.metadata import openid_provider_metadata

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Discovery 1.0", "3")]
PATH = "/.well-known/openid-configuration"
REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}
ENDPOINTS = (
    "authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "jwks_uri",
)
LISTS = {
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "scopes_supported",
    "claims_supported",
    "claim_types_supported",
    "prompt_values_supported",
    "ui_locales_supported",
}
FLAGS = {
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "claims_parameter_supported",
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
}


@pytest.fixture
def metadata(machine: Browser) -> dict[str, Any]:
    answer = machine.get(PATH)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    said: dict[str, Any] = answer.json()
    return said


def test_issuer_is_a_plain_address_and_leads_to_this_document(metadata: dict[str, Any]) -> None:
    parts = urlsplit(metadata["issuer"])
    assert metadata["issuer"] == settings.BASE_URL
    assert parts.scheme in {"http", "https"}
    assert parts.netloc
    assert not parts.query
    assert not parts.fragment
    assert not metadata["issuer"].endswith("/")


def test_required_members_are_there(metadata: dict[str, Any]) -> None:
    assert set(metadata) >= REQUIRED


def test_members_are_known_and_of_the_right_type(metadata: dict[str, Any]) -> None:
    assert set(metadata) == {"issuer", *ENDPOINTS, *LISTS, *FLAGS}
    for name in LISTS:
        assert isinstance(metadata[name], list)
        assert all(isinstance(item, str) for item in metadata[name])
        assert len(set(metadata[name])) == len(metadata[name])
    for name in FLAGS:
        assert isinstance(metadata[name], bool)


def test_endpoints_are_addresses_of_this_issuer(metadata: dict[str, Any]) -> None:
    for name in ENDPOINTS:
        assert metadata[name].startswith(f"{settings.BASE_URL}/")
        assert not urlsplit(metadata[name]).fragment


def test_every_endpoint_exists(metadata: dict[str, Any], machine: Browser) -> None:
    for name in ENDPOINTS:
        assert machine.get(urlsplit(metadata[name]).path).status_code != 404


def test_values_are_what_the_server_does(metadata: dict[str, Any]) -> None:
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert set(metadata["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
    }
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    # Whoever has a client's secret could sign with these.
    assert not [alg for alg in metadata["id_token_signing_alg_values_supported"] if alg.startswith("HS")]
    assert "none" not in metadata["introspection_endpoint_auth_methods_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert metadata["request_parameter_supported"] is False
    assert metadata["request_uri_parameter_supported"] is False
    assert metadata["authorization_response_iss_parameter_supported"] is True


def test_scopes_and_locales_are_well_formed(metadata: dict[str, Any]) -> None:
    for scope in metadata["scopes_supported"]:
        assert re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope)
    for locale in metadata["ui_locales_supported"]:
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", locale)


@pytest.mark.spec("RFC 8414", "3")
def test_authorization_server_metadata_says_the_same(metadata: dict[str, Any], machine: Browser) -> None:
    answer = machine.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    said = answer.json()
    assert said.items() <= metadata.items()
    assert "userinfo_endpoint" not in said


@pytest.mark.spec("RFC 7517", "5")
@pytest.mark.usefixtures("signing_keys")
def test_keys_are_distinct_public_and_for_signatures(machine: Browser) -> None:
    answer = machine.get("/.well-known/jwks.json")
    assert answer["Content-Type"] == "application/jwk-set+json"
    keys = answer.json()["keys"]
    assert {(key["kty"], key.get("alg")) for key in keys} == {
        ("RSA", "RS256"),
        ("RSA", "PS256"),
        ("EC", "ES256"),
        ("OKP", None),
    }
    assert len({key["kid"] for key in keys}) == len(keys) == 4
    for key in keys:
        assert key["use"] == "sig"
        assert set(key) <= {"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"}


@pytest.mark.parametrize("path", [PATH, "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"])
def test_documents_may_be_read_from_anywhere_and_kept_for_a_while(machine: Browser, path: str) -> None:
    answer = machine.get(path, HTTP_ORIGIN="https://app.example.org")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert re.search(r"max-age=\d+", answer["Cache-Control"])
    assert not answer.cookies


@pytest.mark.parametrize("path", [PATH, "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_documents_are_only_read(machine: Browser, path: str, method: str) -> None:
    answer = machine.generic(method, path)
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.spec("RFC 9110", "13.1.2")
@pytest.mark.usefixtures("signing_keys")
def test_keys_are_sent_again_only_when_they_changed(
    machine: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = "/.well-known/jwks.json"
    first = machine.get(path)
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}'):
        with django_assert_num_queries(1):
            again = machine.get(path, HTTP_IF_NONE_MATCH=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == first["Cache-Control"]
        assert again["Access-Control-Allow-Origin"] == "*"
    SigningKey.objects.filter(algorithm="ES256").update(state=SigningKey.State.RETIRED)
    changed = machine.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_issuer_does_not_follow_the_host_header(machine: Browser) -> None:
    answer = machine.get(PATH, HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    assert "evil" not in answer.content.decode()


def test_nothing_is_promised_that_no_test_asks_for() -> None:
    """A member that is added has to be added here too, with its tests."""
    assert len(openid_provider_metadata()) == 1 + len(ENDPOINTS) + len(LISTS) + len(FLAGS)
