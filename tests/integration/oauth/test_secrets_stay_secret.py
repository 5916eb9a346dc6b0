"""What opens a door is nowhere but with whom it was given to: in no table, no event, no log line."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from apps.directory.models import User
from tests.factories.clients import (
    TestClient,
    authorization_parameters,
    call,
    introspect,
    make_client,
    make_pkce,
    obtain_code,
    redeem,
    refresh,
    userinfo,
)
from tests.factories.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Everything that is logged at any level by any part, as the real handler would write it."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def everything_that_can_go_on(person: User) -> dict[str, str]:
    """A whole life of tokens with its mishaps; the secrets that played a part, by name."""
    app, service = make_client(), make_client(kind="service", redirect_uris=[], scopes="files:read")
    browser, machine = Browser(), Browser(raise_request_exception=False)
    browser.post("/login/", {"identifier": person.username, "password": "Wrong-Password-1!"})
    browser.post("/login/", {"identifier": person.username, "password": PASSWORD})
    pkce, unused = make_pkce(), make_pkce()
    code = obtain_code(browser, app, pkce)
    tokens = redeem(machine, app, code, pkce).json()
    userinfo(machine, tokens["access_token"])
    introspect(machine, app, tokens["access_token"])
    introspect(machine, app, tokens["refresh_token"])
    renewed = refresh(machine, app, tokens["refresh_token"]).json()
    own = call(
        machine, "/oauth/token", service, {"grant_type": "client_credentials", "scope": "files:read"}
    ).json()
    unused_code = obtain_code(browser, app, unused)
    wrong = make_pkce().verifier
    redeem(machine, app, unused_code, pkce, code_verifier=wrong)
    redeem(machine, app, code, pkce)
    refresh(machine, app, renewed["refresh_token"])
    call(
        machine,
        "/oauth/token",
        TestClient(app.row, "wrong-secret-of-the-app"),
        {"grant_type": "refresh_token"},
    )
    call(machine, "/oauth/revoke", app, {"token": renewed["access_token"]})
    machine.get(f"/oauth/userinfo?access_token={own['access_token']}")
    hint = {"id_token_hint": tokens["id_token"]}
    browser.get("/oauth/authorize", authorization_parameters(app, unused, **hint))
    browser.get("/oauth/authorize", authorization_parameters(app, unused, **hint, max_age="x"))
    session_key = browser.cookies["gatehouse"].value
    browser.get("/oauth/logout", hint | {"post_logout_redirect_uri": "https://evil.example/"})
    browser.get("/oauth/logout", hint)
    return {
        "password": PASSWORD,
        "wrong password": "Wrong-Password-1!",
        "code": code,
        "unused code": unused_code,
        "verifier": pkce.verifier,
        "unused verifier": unused.verifier,
        "wrong verifier": wrong,
        "client secret": app.secret,
        "wrong client secret": "wrong-secret-of-the-app",
        "service's secret": service.secret,
        "access token": tokens["access_token"],
        "refresh token": tokens["refresh_token"],
        "ID token": tokens["id_token"],
        "ID token's signature": tokens["id_token"].rpartition(".")[2],
        "renewed access token": renewed["access_token"],
        "renewed refresh token": renewed["refresh_token"],
        "service's token": own["access_token"],
        "browser session": session_key,
    }


def all_rows() -> Iterator[tuple[str, str]]:
    """Every table of the database with its rows as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name that the database gave
            for row in cursor.fetchall():
                yield table, " ".join(_text(value) for value in row)


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value, default=str, ensure_ascii=False)


def test_no_table_holds_a_secret(person: User) -> None:
    secrets = everything_that_can_go_on(person)
    rows = list(all_rows())
    assert {"oauth_accesstoken", "oauth_refreshtoken", "oauth_authorizationcode", "audit_event"} <= {
        table for table, _ in rows
    }
    leaks = {(table, name) for table, row in rows for name, secret in secrets.items() if secret in row}
    assert not leaks


def test_no_log_line_holds_a_secret(written: StringIO, person: User) -> None:
    secrets = everything_that_can_go_on(person)
    lines = written.getvalue()
    assert "Bad Request: /oauth/token" in lines, "the log was not listened to"
    assert not {name for name, secret in secrets.items() if secret in lines}


def test_scan_would_find_a_secret(person: User) -> None:
    make_user(job_title="gat_left_here_on_purpose")
    assert "directory_user" in {table for table, row in all_rows() if "gat_left_here_on_purpose" in row}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_refusal_repeats_nothing_that_was_sent(machine: Browser, app: TestClient, path: str) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": "sent-code",
        "token": "sent-token",
        "refresh_token": "sent-refresh",
        "code_verifier": "sent-verifier",
        "redirect_uri": "https://sent.example/",
    }
    answer = call(machine, path, TestClient(app.row, "sent-secret"), form)
    assert answer.status_code == 401
    assert "sent" not in answer.content.decode()
