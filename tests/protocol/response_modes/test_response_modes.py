"""A client is told its code, or why there is none, the way it asked for."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client as Browser

from apps.access.models import Application
from apps.directory.models import User
from tests.factories.clients import (
    REDIRECT_URI,
    TestClient,
    authorization_parameters,
    make_client,
    make_pkce,
    redeem,
)
from tests.protocol.answers import assert_error_redirect

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.spec("OAuth 2.0 Multiple Response Types 1.0", "2.1"),
    pytest.mark.spec("OAuth 2.0 Form Post Response Mode 1.0", "2"),
]


class SentForm(HTMLParser):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.action, self.method = "", ""
        self.fields: dict[str, str] = {}
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and not found["action"].startswith("/"):
            self.action, self.method = found["action"], found["method"]
        if tag == "input" and self.action and found.get("type") == "hidden":
            self.fields[found["name"]] = found["value"]


def asked(app: TestClient, mode: str, **more: str) -> str:
    parameters = authorization_parameters(app, make_pkce(), response_mode=mode, **more)
    return f"/oauth/authorize?{urlencode(parameters)}"


def fragment_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 303, answer.content[:500]
    parts = urlsplit(answer["Location"])
    assert answer["Location"].startswith(f"{REDIRECT_URI}#")
    return {name: values[0] for name, values in parse_qs(parts.fragment).items()}


def form_of(answer: Any, to: str = REDIRECT_URI) -> dict[str, str]:
    assert answer.status_code == 200, answer.content[:500]
    assert "no-store" in answer["Cache-Control"]
    policy = re.search("form-action ([^;]*)", answer["Content-Security-Policy"])
    assert policy is not None
    assert policy[1].split() == ["'self'", "{0.scheme}://{0.netloc}".format(urlsplit(to))]
    form = SentForm(answer)
    assert (form.action, form.method) == (to, "post")
    return form.fields


@pytest.mark.parametrize(("mode", "told"), [("fragment", fragment_of), ("form_post", form_of)])
def test_code_travels_as_asked(
    visitor: Browser, machine: Browser, signing_keys: None, mode: str, told: Any
) -> None:
    app, pkce = make_client(), make_pkce()
    path = f"/oauth/authorize?{urlencode(authorization_parameters(app, pkce, response_mode=mode))}"
    found = told(visitor.post(path, {"action": "allow"}))
    assert set(found) == {"code", "state", "iss"}
    assert (found["state"], found["iss"]) == ("state-1", settings.BASE_URL)
    assert redeem(machine, app, found["code"], pkce).status_code == 200


@pytest.mark.parametrize(("mode", "told"), [("fragment", fragment_of), ("form_post", form_of)])
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"prompt": "none"}, "consent_required"),
        ({"scope": "openid payroll:read"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_error_travels_as_asked(
    visitor: Browser, app: TestClient, mode: str, told: Any, more: dict[str, str], error: str
) -> None:
    found = told(visitor.get(asked(app, mode, **more)))
    assert (found["error"], found["state"], found["iss"]) == (error, "state-1", settings.BASE_URL)
    assert "code" not in found


@pytest.mark.parametrize(("mode", "told"), [("fragment", fragment_of), ("form_post", form_of)])
def test_denial_travels_as_asked(visitor: Browser, app: TestClient, mode: str, told: Any) -> None:
    assert told(visitor.post(asked(app, mode), {"action": "deny"}))["error"] == "access_denied"


def test_state_is_written_into_the_form_as_a_value(visitor: Browser, app: TestClient) -> None:
    state = '"><script>alert(1)</script>&quot;\r\nü'
    answer = visitor.get(asked(app, "form_post", prompt="none", state=state))
    assert form_of(answer)["state"] == state
    assert b"<script>alert" not in answer.content


def test_form_carries_no_state_that_was_not_sent(visitor: Browser) -> None:
    """Nor what the registered address says in its place."""
    uri = f"{REDIRECT_URI}?state=registered&code=registered&iss=registered"
    app = make_client(redirect_uris=[uri])
    parameters = authorization_parameters(app, make_pkce(), response_mode="form_post", redirect_uri=uri)
    del parameters["state"]
    found = form_of(visitor.post(f"/oauth/authorize?{urlencode(parameters)}", {"action": "allow"}), to=uri)
    assert set(found) == {"code", "iss"}
    assert found["code"] != "registered"
    assert found["iss"] == settings.BASE_URL


def test_way_back_from_a_page_without_access_is_a_form(visitor: Browser, person: User) -> None:
    app = make_client(audience=Application.Audience.ASSIGNED)
    answer = visitor.get(asked(app, "form_post"))
    assert answer.status_code == 403
    form = SentForm(answer)
    assert (form.action, form.method) == (REDIRECT_URI, "post")
    assert (form.fields["error"], form.fields["state"]) == ("access_denied", "state-1")


def test_scheme_of_a_native_application_takes_no_form(visitor: Browser) -> None:
    uri = "com.example.app:/callback"
    app = make_client(kind="native", redirect_uris=[uri])
    answer = visitor.get(asked(app, "form_post", redirect_uri=uri))
    assert_error_redirect(answer, "invalid_request", to=uri)
    parameters = authorization_parameters(app, make_pkce(), response_mode="form_post")
    del parameters["redirect_uri"]
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request", to=uri)


def test_address_that_is_not_registered_is_sent_no_form(visitor: Browser, app: TestClient) -> None:
    answer = visitor.get(asked(app, "form_post", redirect_uri="https://evil.example/"))
    assert answer.status_code == 400
    assert SentForm(answer).action == ""
