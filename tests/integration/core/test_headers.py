"""Security headers of every answer, and what machine endpoints do without."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.factories.clients import make_client, post_form
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db

PAGES = ["/login/", "/logout/", "/", "/nowhere", "/oauth/authorize", "/oauth/logout"]
MACHINE = [
    "/oauth/token",
    "/oauth/par",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/.well-known/nothing-of-ours",
]
# Applications in browsers read these from their own sites.
PUBLIC = [path for path in MACHINE if path.startswith("/.well-known/")]


def directives(answer: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize("path", [*PAGES, *MACHINE])
@pytest.mark.parametrize("method", ["get", "post", "put", "options"])
def test_every_answer_carries_the_security_headers(path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    is_public = path in PUBLIC and answer.status_code == 200
    assert answer["Cross-Origin-Resource-Policy"] == ("cross-origin" if is_public else "same-origin")
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-Id"]


@pytest.mark.parametrize("path", [*PAGES, *MACHINE])
def test_pages_load_and_run_nothing_but_our_own(path: str) -> None:
    policy = directives(Client().get(path))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in str(policy)


def test_looser_policy_of_the_administration_stays_there() -> None:
    browser = Client()
    sign_in(browser, make_user(is_staff=True, is_superuser=True))
    assert directives(browser.get("/admin/"))["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in str(directives(browser.get("/")))
    assert "unsafe" not in str(directives(browser.get("/administration")))


def test_forms_lead_back_to_us_only() -> None:
    assert directives(Client().get("/login/"))["form-action"] == ["'self'"]


def test_forms_may_lead_to_the_client_that_asked_and_to_nobody_elses_address() -> None:
    client = make_client()
    for redirect_uri, allowed in (
        ("https://app.example.org/callback", ["'self'", "https://app.example.org"]),
        ("https://evil.example/callback", ["'self'"]),
    ):
        target = f"/oauth/authorize?client_id={client.client_id}&redirect_uri={redirect_uri}"
        answer = Client().get("/login/", {"next": target})
        assert directives(answer)["form-action"] == allowed


def test_own_forms_tell_where_they_come_from() -> None:
    """Under no-referrer browsers send "Origin: null" with them, and nobody could sign in."""
    assert Client().get("/login/")["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/login/", "/logout/", "/nowhere", "/oauth/token", "/oauth/userinfo"])
def test_nothing_about_a_person_is_cached(path: str) -> None:
    assert "no-store" in Client().get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/login/", "/oauth/token"])
def test_https_is_demanded_for_good_under_https_only(settings: Settings, path: str) -> None:
    assert "Strict-Transport-Security" not in Client().get(path)
    settings.HSTS_SECONDS = 31_536_000
    assert Client().get(path)["Strict-Transport-Security"].startswith("max-age=31536000")


# The machine door ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", MACHINE)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_machine_endpoints_keep_no_sessions_and_set_no_cookies(path: str, method: str) -> None:
    browser = Client()
    sign_in(browser, make_user())
    before = dict(browser.cookies)
    with CaptureQueriesContext(connection) as captured:
        answer = getattr(browser, method)(path)
    assert not answer.cookies
    assert dict(browser.cookies) == before
    assert not [query for query in captured.captured_queries if "session" in query["sql"].lower()]
    assert "Vary" not in answer or "Cookie" not in answer["Vary"]


@pytest.mark.parametrize("path", MACHINE)
def test_machine_endpoints_ask_for_no_form_token(path: str) -> None:
    answer = post_form(Client(enforce_csrf_checks=True), path, {"any": "thing"})
    assert answer.status_code != 403
    assert b"<html" not in answer.content


@pytest.mark.parametrize("path", MACHINE)
def test_machine_endpoints_refuse_in_json(path: str) -> None:
    answer = Client().delete(path)
    assert answer.status_code in {404, 405}
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["error"]
