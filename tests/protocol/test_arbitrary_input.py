"""Whatever is sent: never a fault of the server, always an answer in the endpoint's own format."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.clients import (
    FORM,
    REDIRECT_URI,
    TestClient,
    authorization_parameters,
    make_client,
    make_pkce,
    obtain_tokens,
)
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user, sign_in
from tests.services.soak import times

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
NAMES = st.sampled_from(
    [
        "response_type",
        "client_id",
        "client_secret",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "response_mode",
        "prompt",
        "max_age",
        "id_token_hint",
        "login_hint",
        "claims",
        "request",
        "request_uri",
        "registration",
        "resource",
        "display",
        "ui_locales",
        "acr_values",
        "grant_type",
        "code",
        "refresh_token",
        "token",
        "token_type_hint",
        "access_token",
        "post_logout_redirect_uri",
        "confirm",
        "user",
        "client",
        "scopes",
        "signed_in",
    ]
)
KNOWN = [
    "",
    "code",
    "none",
    "login",
    "S256",
    "plain",
    "openid",
    "openid profile",
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "password",
    "0",
    "-1",
    "99999999999999999999",
    "query",
    "fragment",
    "form_post",
    "{}",
    "[",
    "null",
    "javascript:alert(1)",
    "https://evil.example/",
    "http://127.0.0.1:1/",
    REDIRECT_URI,
    "\x00",
    "%00",
    "%",
    "é",
    "\u202e",
    "\r\n",
    "..",
    "a.b.c",
    "e30.e30.",
    "'",
    '"><script>',
]
VALUES = st.sampled_from(KNOWN) | st.text(max_size=40) | st.integers().map(str) | st.just("x" * 9_000)
CHANGES = st.lists(st.tuples(NAMES, VALUES), max_size=4)
FEW = times(60, soak=3_000)


@pytest.fixture
def scene(db: None) -> dict[str, Any]:
    """One person, clients of each kind and a set of tokens that many examples share."""
    make_signing_keys()
    person, app = make_user(), make_client()
    visitor = Browser(raise_request_exception=False)
    sign_in(visitor, person)
    return {
        "visitor": visitor,
        "machine": Browser(raise_request_exception=False),
        "app": app,
        "service": make_client(kind="service", redirect_uris=[], scopes="files:read"),
        "spa": make_client(kind="spa"),
        "tokens": obtain_tokens(visitor, app),
    }


many = settings(max_examples=FEW, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def changed(valid: dict[str, str], changes: list[tuple[str, str]], *, left_out: str) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in valid.items() if name != left_out]
    return [*(pair for pair in kept if pair[0] not in dict(changes)), *changes]


def assert_json(answer: Any) -> None:
    assert answer.status_code in {200, 201, 400, 401, 403, 405, 413}, answer.content[:300]
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/json"
        assert answer.json()["error"]
    if answer.status_code == 401:
        assert answer["WWW-Authenticate"]


def assert_page_or_redirect(answer: Any, allowed: tuple[str, ...]) -> None:
    assert answer.status_code in {200, 302, 303, 400, 403}, answer.content[:300]
    if answer.has_header("Location"):
        assert answer["Location"].startswith(allowed), answer["Location"]
        assert not {"\r", "\n", " ", "<", '"'} & set(answer["Location"])
    else:
        assert answer["Content-Type"].startswith("text/html")
        assert b"<script>" not in answer.content


@many
@given(changes=CHANGES, left_out=NAMES, is_signed_in=st.booleans(), is_posted=st.booleans())
def test_authorization_endpoint(
    scene: dict[str, Any], changes: list[tuple[str, str]], left_out: str, is_signed_in: bool, is_posted: bool
) -> None:
    browser = scene["visitor"] if is_signed_in else Browser(raise_request_exception=False)
    query = urlencode(
        changed(authorization_parameters(scene["app"], make_pkce()), changes, left_out=left_out)
    )
    if is_posted:
        answer = browser.post("/oauth/authorize", query, content_type=FORM)
    else:
        answer = browser.get(f"/oauth/authorize?{query}")
    assert_page_or_redirect(answer, ("/login/?", "/oauth/authorize?", f"{REDIRECT_URI}?", f"{REDIRECT_URI}#"))


@many
@given(query=st.text(alphabet="%&=;+#?/:0aFgG.é \x00'\"<>[]{}\\", max_size=80))
def test_authorization_endpoint_with_any_query(scene: dict[str, Any], query: str) -> None:
    raw = urlencode(authorization_parameters(scene["app"], make_pkce())) + "&" + query
    answer = scene["visitor"].generic("GET", "/oauth/authorize", QUERY_STRING=raw)
    assert_page_or_redirect(answer, ("/login/?", f"{REDIRECT_URI}?", f"{REDIRECT_URI}#"))


@many
@given(
    changes=CHANGES,
    left_out=NAMES,
    who=st.sampled_from(["app", "service", "spa", "nobody"]),
    grant=NAMES | VALUES,
)
def test_token_endpoint(
    scene: dict[str, Any], changes: list[tuple[str, str]], left_out: str, who: str, grant: str
) -> None:
    valid = {
        "grant_type": grant,
        "code": "x",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": make_pkce().verifier,
        "refresh_token": "grt_x",
        "scope": "files:read",
    }
    assert_json(_post(scene, "/oauth/token", who, changed(valid, changes, left_out=left_out)))


@many
@given(changes=CHANGES, left_out=NAMES, who=st.sampled_from(["app", "service", "spa", "nobody"]))
def test_pushed_requests(
    scene: dict[str, Any], changes: list[tuple[str, str]], left_out: str, who: str
) -> None:
    """What is taken opens a page or is answered to the client, as if it had come in the address."""
    valid = authorization_parameters(scene["app"], make_pkce())
    if who != "app":
        valid["client_id"] = scene[who].client_id if who in scene else "nobody"
    answer = _post(scene, "/oauth/par", who, changed(valid, changes, left_out=left_out))
    assert_json(answer)
    if answer.status_code == 201:
        named = {"client_id": scene[who].client_id, "request_uri": answer.json()["request_uri"]}
        opened = scene["visitor"].get(f"/oauth/authorize?{urlencode(named)}")
        assert opened.status_code != 400, opened.content[:300]
        assert_page_or_redirect(opened, ("/login/?", f"{REDIRECT_URI}?", f"{REDIRECT_URI}#"))


@many
@given(
    changes=CHANGES,
    left_out=NAMES,
    who=st.sampled_from(["app", "service", "spa", "nobody"]),
    path=st.sampled_from(["/oauth/introspect", "/oauth/revoke"]),
    token=VALUES | st.text(alphabet="gat_rABC-", max_size=60),
)
def test_introspection_and_revocation(
    scene: dict[str, Any], changes: list[tuple[str, str]], left_out: str, who: str, path: str, token: str
) -> None:
    valid = {"token": token, "token_type_hint": "access_token"}
    assert_json(_post(scene, path, who, changed(valid, changes, left_out=left_out)))


@many
@given(
    body=st.binary(max_size=100),
    content_type=st.sampled_from([FORM, FORM + "; charset=x", "text/plain", "a/b; c", ""]),
)
def test_machine_endpoints_with_any_body(scene: dict[str, Any], body: bytes, content_type: str) -> None:
    for path in ("/oauth/par", "/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo"):
        assert_json(scene["machine"].generic("POST", path, body, content_type=content_type))


@many
@given(
    header=st.text(alphabet=st.characters(max_codepoint=255), max_size=60),
    scheme=st.sampled_from(["Basic ", "Bearer ", ""]),
)
def test_machine_endpoints_with_any_credentials(scene: dict[str, Any], header: str, scheme: str) -> None:
    credentials = {"HTTP_AUTHORIZATION": scheme + header}
    for path in ("/oauth/par", "/oauth/token", "/oauth/introspect", "/oauth/revoke"):
        answer = scene["machine"].post(
            path, "grant_type=refresh_token&token=x", content_type=FORM, **credentials
        )
        assert_json(answer)
        assert answer.status_code in {400, 401}
    assert_json(scene["machine"].get("/oauth/userinfo", **credentials))


@many
@given(changes=CHANGES, left_out=NAMES, is_posted=st.booleans())
def test_logout_endpoint(
    scene: dict[str, Any], changes: list[tuple[str, str]], left_out: str, is_posted: bool
) -> None:
    valid = {
        "id_token_hint": scene["tokens"]["id_token"],
        "post_logout_redirect_uri": "https://app.example.org/",
        "state": "s",
    }
    query = urlencode(changed(valid, changes, left_out=left_out))
    browser = Browser(raise_request_exception=False)
    if is_posted:
        answer = browser.post("/oauth/logout", query, content_type=FORM)
    else:
        answer = browser.get(f"/oauth/logout?{query}")
    assert_page_or_redirect(answer, ("/oauth/logout?", "/oauth/logout", "https://app.example.org/"))


@many
@given(tail=st.text(max_size=30))
def test_addresses_below_the_endpoints(scene: dict[str, Any], tail: str) -> None:
    for path in ("/oauth/", "/oauth/token", "/oauth/authorize", "/.well-known/"):
        assert scene["machine"].get(path + quote(tail)).status_code in {200, 301, 302, 400, 404, 405}


def _post(scene: dict[str, Any], path: str, who: str, form: list[tuple[str, str]]) -> Any:
    client: TestClient | None = scene.get(who)
    headers = client.basic if client is not None and not client.is_public else {}
    if client is not None and client.is_public:
        form = [*form, ("client_id", client.client_id)]
    return scene["machine"].post(path, urlencode(form), content_type=FORM, **headers)
