"""What token, introspection and revocation demand of a request before they read its meaning."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.oauth.models import AccessToken
from tests.factories.clients import FORM, TestClient, post_form
from tests.protocol.answers import assert_json_error

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "3.2")]
FORMS = {
    "/oauth/token": {"grant_type": "client_credentials", "scope": "files:read"},
    "/oauth/introspect": {"token": "x"},
    "/oauth/revoke": {"token": "x"},
}
everywhere = pytest.mark.parametrize("path", FORMS)


def send(
    machine: Browser, service: TestClient, path: str, body: str | bytes, content_type: str = FORM
) -> Any:
    return machine.generic("POST", path, body, content_type=content_type, **service.basic)


@everywhere
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_only_post_is_answered(machine: Browser, service: TestClient, path: str, method: str) -> None:
    answer = machine.generic(method, path, urlencode(FORMS[path]), content_type=FORM, **service.basic)
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert answer["Allow"] == "POST"
    if method != "HEAD":
        assert answer.json()["error"] == "invalid_request"


@everywhere
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-not",
        "application/xml",
        "nonsense",
    ],
)
def test_only_forms_are_read(machine: Browser, service: TestClient, path: str, content_type: str) -> None:
    assert_json_error(send(machine, service, path, urlencode(FORMS[path]), content_type), "invalid_request")


@everywhere
@pytest.mark.parametrize("body", ["{}", "[]", "null", '{"grant_type":"client_credentials"}', "{" * 100_000])
def test_json_is_refused(machine: Browser, service: TestClient, path: str, body: str) -> None:
    assert_json_error(send(machine, service, path, body, "application/json"), "invalid_request")


@everywhere
def test_charset_parameter_of_a_form_is_accepted(machine: Browser, service: TestClient, path: str) -> None:
    answer = send(machine, service, path, urlencode(FORMS[path]), f"{FORM}; charset=UTF-8")
    assert answer.status_code == 200


@everywhere
@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "idna", "latin-1"])
def test_form_in_another_charset_is_refused(
    machine: Browser, service: TestClient, path: str, charset: str
) -> None:
    answer = send(machine, service, path, urlencode(FORMS[path]), f"{FORM}; charset={charset}")
    assert_json_error(answer, "invalid_request")


@everywhere
def test_parameters_in_the_address_are_refused(machine: Browser, service: TestClient, path: str) -> None:
    answer = post_form(machine, f"{path}?{urlencode(FORMS[path])}", FORMS[path], **service.basic)
    assert_json_error(answer, "invalid_request")
    assert not AccessToken.objects.exists()


@everywhere
@pytest.mark.parametrize(
    "name",
    ["grant_type", "scope", "token", "client_id", "code", "refresh_token", "redirect_uri", "unheard_of"],
)
def test_repeated_parameter_is_refused(machine: Browser, service: TestClient, path: str, name: str) -> None:
    body = urlencode([*FORMS[path].items(), (name, "x"), (name, "x")])
    assert_json_error(send(machine, service, path, body), "invalid_request")


@everywhere
@pytest.mark.parametrize(
    "name", ["grant_type", "scope", "token", "client_id", "code_verifier", "un\x00heard"]
)
def test_nul_byte_is_refused(machine: Browser, service: TestClient, path: str, name: str) -> None:
    body = urlencode({**FORMS[path], name: "a\x00b"})
    assert_json_error(send(machine, service, path, body), "invalid_request")


@everywhere
def test_name_with_forbidden_characters_is_not_repeated_in_the_answer(
    machine: Browser, service: TestClient, path: str
) -> None:
    name = '"\\<é\n>'
    body = urlencode([(name, "1"), (name, "2")])
    assert_json_error(send(machine, service, path, body), "invalid_request")


@everywhere
def test_oversized_body_is_refused_unread(machine: Browser, service: TestClient, path: str) -> None:
    body = urlencode({**FORMS[path], "unheard_of": "x" * 300_000})
    answer = send(machine, service, path, body)
    assert_json_error(answer, "invalid_request", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@everywhere
def test_too_many_parameters_are_refused(machine: Browser, service: TestClient, path: str) -> None:
    body = urlencode([*FORMS[path].items(), *((f"p{number}", "") for number in range(5_000))])
    assert_json_error(send(machine, service, path, body), "invalid_request")


@everywhere
def test_parameters_without_meaning_are_ignored(machine: Browser, service: TestClient, path: str) -> None:
    """Also those that name what the library behind the endpoint keeps in its own request."""
    inner = (
        "client",
        "user",
        "scopes",
        "headers",
        "body",
        "uri",
        "extra_credentials",
        "validator_log",
        "claims",
    )
    body = urlencode({**FORMS[path], **dict.fromkeys(inner, "x"), "response_type": "code"})
    answer = send(machine, service, path, body)
    assert answer.status_code == 200
    assert "x" not in answer.content.decode().split('"')


@everywhere
@pytest.mark.parametrize("body", ["&&&", "=", "=x", "%", "%zz=%zz", "a=%ff%fe", "\ud7ff", "é=é"])
def test_garbled_form_is_a_client_error(machine: Browser, service: TestClient, path: str, body: str) -> None:
    assert_json_error(send(machine, service, path, body.encode()), "invalid_request")


@everywhere
def test_long_values_are_client_errors(machine: Browser, service: TestClient, path: str) -> None:
    long = dict.fromkeys(FORMS[path], "x" * 50_000)
    answer = post_form(machine, path, long, **service.basic)
    assert answer.status_code in {200, 400}, "an unknown token is inactive, or revoked already"
    assert answer.status_code == 400 or path != "/oauth/token"


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
@pytest.mark.parametrize("form", [{}, {"token": ""}])
def test_missing_token_is_an_invalid_request(
    machine: Browser, service: TestClient, path: str, form: dict[str, str]
) -> None:
    assert_json_error(post_form(machine, path, form, **service.basic), "invalid_request")


@pytest.mark.parametrize(
    "path", ["/oauth/token/", "/oauth/tokens", "/oauth/", "/oauth/introspect/x", "/.well-known/x"]
)
def test_address_that_leads_nowhere_is_not_found(machine: Browser, path: str) -> None:
    assert machine.post(path, {}, content_type=FORM).status_code == HTTPStatus.NOT_FOUND
