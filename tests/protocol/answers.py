"""What an answer of the authorization server must look like, whatever was asked."""

import re
from http import HTTPStatus
from typing import Any

from django.conf import settings

from tests.factories.clients import REDIRECT_URI, returned

# RFC 6749 Appendix A.7, A.8
LEGAL = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")


def assert_json_error(answer: Any, error: str, *, status: int = HTTPStatus.BAD_REQUEST) -> None:
    """Spec: RFC 6749 §5.2."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    body = answer.json()
    assert body["error"] == error, body
    assert set(body) <= {"error", "error_description", "error_uri"}
    assert all(LEGAL.fullmatch(value) for value in body.values())
    if status == HTTPStatus.UNAUTHORIZED:
        assert answer["WWW-Authenticate"]


def assert_error_redirect(
    answer: Any, error: str, *, to: str = REDIRECT_URI, state: str | None = "state-1"
) -> None:
    """Spec: RFC 6749 §4.1.2.1, RFC 9207 §2."""
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.content.decode()[:500]
    assert answer["Location"].startswith(to + "?")
    parameters = returned(answer)
    assert parameters["error"] == error, parameters
    assert parameters.get("state") == state
    assert parameters["iss"] == settings.BASE_URL
    assert set(parameters) <= {"error", "error_description", "state", "iss"}
    assert LEGAL.fullmatch(parameters.get("error_description", " "))
    assert all(parameters.values()), parameters
    assert "#" not in answer["Location"]


def assert_error_page(answer: Any) -> None:
    """For people, and leading nowhere: the address to go back to is not to be trusted."""
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer["Content-Type"].startswith("text/html")
    assert not answer.has_header("Location")
    assert b"Traceback" not in answer.content
    assert answer["X-Request-Id"].encode() in answer.content


def assert_code_redirect(answer: Any, *, to: str = REDIRECT_URI, state: str | None = "state-1") -> str:
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.content.decode()[:500]
    assert answer["Location"].startswith(to + "?")
    parameters = returned(answer)
    expected = {"code", "iss"} | ({"state"} if state is not None else set())
    assert set(parameters) == expected
    assert parameters.get("state") == state
    assert parameters["iss"] == settings.BASE_URL
    return parameters["code"]


def assert_asks_for_sign_in(answer: Any) -> None:
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"].startswith("/login/?")


def assert_shows_consent(answer: Any) -> None:
    assert answer.status_code == HTTPStatus.OK
    assert b'name="action"' in answer.content
