"""The authorization endpoint answers what it cannot accept with an error page or with an error for the client."""

from http import HTTPStatus
from urllib.parse import quote, urlencode

import pytest
from django.test import Client as Browser

from apps.access.models import Application
from apps.oauth.models import AuthorizationCode, Client
from tests.factories.clients import (
    REDIRECT_URI,
    SCOPE,
    TestClient,
    authorization_parameters,
    make_pkce,
)
from tests.protocol.answers import (
    assert_asks_for_sign_in,
    assert_error_page,
    assert_error_redirect,
    assert_shows_consent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "4.1.2.1")]
PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "id_token_hint",
    "unheard_of",
)


def parameters_of(app: TestClient, **more: str) -> dict[str, str]:
    return authorization_parameters(app, make_pkce(), **more)


def path_of(app: TestClient, **more: str) -> str:
    return f"/oauth/authorize?{urlencode(parameters_of(app, **more))}"


@pytest.mark.parametrize("client_id", ["", "nobody", "a" * 10_000, "' OR 1=1 --", "ü", "<script>"])
def test_unknown_client_gets_a_page_and_no_redirect(
    visitor: Browser, app: TestClient, client_id: str
) -> None:
    assert_error_page(visitor.get(path_of(app, client_id=client_id)))


def test_missing_client_gets_a_page_and_no_redirect(visitor: Browser, app: TestClient) -> None:
    parameters = parameters_of(app)
    del parameters["client_id"]
    assert_error_page(visitor.get("/oauth/authorize", parameters))


def test_disabled_client_gets_a_page_and_no_redirect(visitor: Browser, app: TestClient) -> None:
    Client.objects.update(is_enabled=False)
    assert_error_page(visitor.get(path_of(app)))


def test_client_of_a_disabled_application_gets_a_page_and_no_redirect(
    visitor: Browser, app: TestClient
) -> None:
    Application.objects.update(is_enabled=False)
    assert_error_page(visitor.get(path_of(app)))


@pytest.mark.spec("RFC 6749", "4.4")
def test_client_without_people_cannot_send_people_here(visitor: Browser, service: TestClient) -> None:
    assert_error_page(visitor.get(path_of(service)))


def test_missing_response_type_is_told_to_the_client(visitor: Browser, app: TestClient) -> None:
    parameters = parameters_of(app)
    del parameters["response_type"]
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


@pytest.mark.spec("RFC 9700", "2.1.2")
@pytest.mark.parametrize(
    "response_type",
    [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
        "none",
        "x",
    ],
)
def test_only_the_code_flow_exists(visitor: Browser, app: TestClient, response_type: str) -> None:
    answer = visitor.get(path_of(app, response_type=response_type))
    assert_error_redirect(answer, "unsupported_response_type")


@pytest.mark.spec("RFC 6749", "3.3")
@pytest.mark.parametrize(
    "scope", ["", " ", "admin", f"{SCOPE} admin", "OPENID", "openid\tprofile", "openid,profile"]
)
def test_scope_that_the_client_may_not_ask_for_is_refused(
    visitor: Browser, app: TestClient, scope: str
) -> None:
    assert_error_redirect(visitor.get(path_of(app, scope=scope)), "invalid_scope")


@pytest.mark.spec("RFC 6749", "3.3")
def test_missing_scope_is_refused(visitor: Browser, app: TestClient) -> None:
    parameters = parameters_of(app)
    del parameters["scope"]
    assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_scope")


@pytest.mark.spec("RFC 6749", "3.1")
@pytest.mark.parametrize("name", PARAMETERS)
def test_repeated_parameter_gets_a_page(visitor: Browser, app: TestClient, name: str) -> None:
    value = parameters_of(app).get(name, "1")
    assert_error_page(visitor.get(f"{path_of(app, **{name: value})}&{urlencode({name: value})}"))


@pytest.mark.parametrize("name", PARAMETERS)
def test_nul_byte_in_a_parameter_gets_a_page(visitor: Browser, app: TestClient, name: str) -> None:
    assert_error_page(visitor.get(path_of(app, **{name: "a\x00b"})))


@pytest.mark.parametrize("tail", ["%", "%4", "%GG", "state=%u0041", "x=%00", "x#y", "%ZZ=1"])
def test_address_that_parsers_read_differently_gets_a_page(
    visitor: Browser, app: TestClient, tail: str
) -> None:
    answer = visitor.generic(
        "GET", "/oauth/authorize", QUERY_STRING=path_of(app).partition("?")[2] + "&" + tail
    )
    assert_error_page(answer)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("state", "s" * 4_097, "invalid_request"),
        ("nonce", "n" * 1_025, "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("max_age", "1e3", "invalid_request"),
        ("max_age", "٣", "invalid_request"),
        ("max_age", "0" * 5_000, "invalid_request"),
        ("max_age", "0" * 12 + "9" * 20, "invalid_request"),
        ("max_age", "999999999", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("response_mode", "web_message", "invalid_request"),
        ("response_mode", "", "invalid_request"),
        ("response_mode", "FORM_POST", "invalid_request"),
        ("claims", "{", "invalid_request"),
        ("claims", "[" * 400, "invalid_request"),
        ("registration", "{}", "registration_not_supported"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://app.example.org/request.jwt", "request_uri_not_supported"),
        ("request_uri", "http://169.254.169.254/", "request_uri_not_supported"),
    ],
)
def test_malformed_wish_is_told_to_the_client(
    visitor: Browser, app: TestClient, name: str, value: str, error: str
) -> None:
    answer = visitor.get(path_of(app, **{name: value}))
    assert_error_redirect(answer, error, state=value if name == "state" else "state-1")


@pytest.mark.parametrize(
    "state",
    [
        "javascript:alert(1)",
        "<script>alert(1)</script>",
        '"><img src=x>',
        "a\r\nSet-Cookie: x=1",
        "%0d%0a",
        "ü✓",
    ],
)
def test_state_comes_back_unchanged_and_only_as_a_value(
    visitor: Browser, app: TestClient, state: str
) -> None:
    answer = visitor.get(path_of(app, state=state, prompt="none"))
    assert_error_redirect(answer, "consent_required", state=state)
    assert not {"<", ">", '"', "\r", "\n"} & set(answer["Location"])


def test_error_page_repeats_nothing_of_the_request(visitor: Browser, app: TestClient) -> None:
    mark = "<script>alert(1)</script>"
    answer = visitor.get(path_of(app, client_id=mark, redirect_uri=f"javascript:{mark}", state=mark))
    assert_error_page(answer)
    assert b"alert(1)" not in answer.content


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1")
def test_request_sent_as_a_form_is_treated_like_one_in_the_address(visitor: Browser, app: TestClient) -> None:
    first = visitor.post("/oauth/authorize", parameters_of(app))
    assert first.status_code == HTTPStatus.FOUND
    assert_shows_consent(visitor.get(first["Location"]))


def test_repeated_parameter_of_a_form_gets_a_page(visitor: Browser, app: TestClient) -> None:
    form = urlencode([*parameters_of(app).items(), ("scope", "openid")])
    first = visitor.post("/oauth/authorize", form, content_type="application/x-www-form-urlencoded")
    assert_error_page(visitor.get(first["Location"]))


def test_form_too_long_for_an_address_gets_a_page(visitor: Browser, app: TestClient) -> None:
    assert_error_page(visitor.post("/oauth/authorize", parameters_of(app, login_hint="x" * 20_000)))


def test_address_too_long_for_the_way_through_the_sign_in_page_gets_a_page(
    machine: Browser, app: TestClient
) -> None:
    for more in ({"display": "x" * 6_500}, {"display": "x" * 5_300, "login_hint": "\U0001f600" * 63}):
        fits = machine.get(path_of(app, **more))
        assert_asks_for_sign_in(fits)
        assert 6_500 < len(fits["Location"]) < 8_190 - len("GET  HTTP/1.1\r\n")
    assert_error_page(machine.get(path_of(app, login_hint="x" * 8_000)))
    assert_error_page(machine.get(path_of(app, login_hint="%" * 2_000)))


def test_oversized_form_is_refused_before_it_is_read(visitor: Browser, app: TestClient) -> None:
    answer = visitor.post("/oauth/authorize", parameters_of(app, login_hint="x" * 300_000))
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(visitor: Browser, app: TestClient, method: str) -> None:
    answer = visitor.generic(method, path_of(app))
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert set(answer["Allow"].split(", ")) >= {"GET", "POST"}
    assert answer["X-Request-Id"].encode() in answer.content
    assert not AuthorizationCode.objects.exists()


@pytest.mark.spec("RFC 6749", "10.13")
def test_answers_may_not_be_framed_or_kept(visitor: Browser, app: TestClient) -> None:
    answer = visitor.get(path_of(app))
    assert_shows_consent(answer)
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert (
        f"form-action 'self' {REDIRECT_URI.removesuffix('/callback')};" in answer["Content-Security-Policy"]
    )
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] in {"no-referrer", "same-origin"}


def test_wish_of_another_site_is_kept_word_for_word_for_the_way_back(
    machine: Browser, app: TestClient
) -> None:
    answer = machine.get(path_of(app, state="a b&c=d%25é"))
    assert_asks_for_sign_in(answer)
    assert quote(quote("a b&c=d%25é", safe=""), safe="").replace("%2520", "%2B") in answer["Location"]
