"""A redirect URI is the registered one, character by character, or there is no redirect."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from tests.factories.clients import (
    REDIRECT_URI,
    TestClient,
    authorization_parameters,
    make_client,
    make_pkce,
    obtain_code,
    redeem,
)
from tests.protocol.answers import assert_code_redirect, assert_error_page, assert_json_error

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9700", "2.1")]

TRICKS = {
    "prefix": "https://app.example.org/call",
    "longer path": "https://app.example.org/callback/evil",
    "longer word": "https://app.example.org/callbackevil",
    "trailing slash": "https://app.example.org/callback/",
    "query": "https://app.example.org/callback?x=1",
    "empty query": "https://app.example.org/callback?",
    "path parameter": "https://app.example.org/callback;x=1",
    "fragment": "https://app.example.org/callback#x",
    "empty fragment": "https://app.example.org/callback#",
    "user": "https://app.example.org@evil.example/callback",
    "user and password": "https://app.example.org:443@evil.example/callback",
    "empty user": "https://@app.example.org/callback",
    "traversal": "https://app.example.org/x/../callback",
    "encoded traversal": "https://app.example.org/%2e%2e/callback",
    "half encoded traversal": "https://app.example.org/callback/%2e./%2e./evil",
    "encoded slash": "https://app.example.org%2fcallback",
    "encoded letter": "https://app.example.org/%63allback",
    "double slash": "https://app.example.org//callback",
    "trailing dot": "https://app.example.org./callback",
    "subdomain": "https://evil.app.example.org/callback",
    "suffix": "https://app.example.org.evil.example/callback",
    "upper-case host": "https://APP.example.org/callback",
    "upper-case scheme": "HTTPS://app.example.org/callback",
    "upper-case path": "https://app.example.org/Callback",
    "default port": "https://app.example.org:443/callback",
    "other port": "https://app.example.org:8443/callback",
    "empty port": "https://app.example.org:/callback",
    "other scheme": "http://app.example.org/callback",
    "no scheme": "//app.example.org/callback",
    "path only": "/callback",
    "backslash": "https://app.example.org\\@evil.example/callback",
    "backslashes": "https:\\\\app.example.org\\callback",
    "tab": "https://app.example.org/call\tback",
    "line break": "https://app.example.org/callback\r\nX: y",
    "leading space": " https://app.example.org/callback",
    "trailing space": "https://app.example.org/callback ",
    "two of them": "https://app.example.org/callback https://evil.example/",
    "look-alike letter": "https://\u0430pp.example.org/callback",
    "full-width dot": "https://app.example。org/callback",
    "script": "javascript:alert(1)//https://app.example.org/callback",
    "data": "data:text/html,<script>alert(1)</script>",
    "file": "file:///etc/passwd",
    "wildcard": "https://*.example.org/callback",
    "another registered nowhere": "https://evil.example/callback",
    "IPv4": "https://127.0.0.1/callback",
    "IPv6": "https://[::1]/callback",
    "mapped IPv6": "https://[::ffff:127.0.0.1]/callback",
    "IPv6 with zone": "https://[fe80::1%25eth0]/callback",
    "decimal IPv4": "https://2130706433/callback",
    "empty": "",
}


@pytest.mark.parametrize("prompt", ["", "none"])
@pytest.mark.parametrize("trick", TRICKS)
def test_address_that_is_not_registered_is_never_redirected_to(
    visitor: Browser, app: TestClient, trick: str, prompt: str
) -> None:
    parameters = authorization_parameters(app, make_pkce(), redirect_uri=TRICKS[trick])
    assert_error_page(visitor.get("/oauth/authorize", parameters | ({"prompt": prompt} if prompt else {})))


@pytest.mark.parametrize("error", ["scope=none", "response_type=token", "request=x", "max_age=x", "claims={"])
def test_other_errors_do_not_redirect_to_an_unregistered_address_either(
    machine: Browser, app: TestClient, error: str
) -> None:
    name, _, value = error.partition("=")
    more = {"redirect_uri": "https://evil.example/callback", name: value}
    assert_error_page(machine.get("/oauth/authorize", authorization_parameters(app, make_pkce()) | more))


def test_client_with_several_addresses_has_to_name_one(visitor: Browser) -> None:
    app = make_client(redirect_uris=[REDIRECT_URI, "https://app.example.org/other"])
    parameters = authorization_parameters(app, make_pkce())
    del parameters["redirect_uri"]
    assert_error_page(visitor.get("/oauth/authorize", parameters))


@pytest.mark.spec("RFC 6749", "3.1.2")
def test_query_of_a_registered_address_is_kept(visitor: Browser) -> None:
    uri = "https://app.example.org/callback?tenant=a%20b&empty="
    app = make_client(redirect_uris=[uri])
    parameters = authorization_parameters(app, make_pkce(), redirect_uri=uri, scope="openid")
    location = visitor.post(f"/oauth/authorize?{urlencode(parameters)}", {"action": "allow"})["Location"]
    assert location.startswith("https://app.example.org/callback?tenant=a+b&empty=&code=")
    refused = visitor.get("/oauth/authorize", parameters | {"scope": "x"})["Location"]
    assert refused.startswith("https://app.example.org/callback?tenant=a+b&empty=&error=")


@pytest.mark.spec("RFC 9207", "2.4")
def test_registered_query_cannot_stand_in_for_our_answer(visitor: Browser) -> None:
    uri = "https://app.example.org/callback?iss=https://evil.example&error=x"
    app = make_client(redirect_uris=[uri])
    parameters = authorization_parameters(app, make_pkce(), redirect_uri=uri, scope="x")
    location = visitor.get("/oauth/authorize", parameters)["Location"]
    assert location.count("iss=") == 1
    assert location.count("error=") == 1
    assert "evil" not in location


# Native applications -----------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", ["", ":1024", ":51004", ":65535"])
@pytest.mark.usefixtures("signing_keys")
def test_native_application_may_listen_on_any_loopback_port(
    visitor: Browser, machine: Browser, host: str, port: str
) -> None:
    app = make_client(kind="native", redirect_uris=[f"http://{host}/done", f"http://{host}:1/done"])
    pkce, uri = make_pkce(), f"http://{host}{port}/done"
    code = obtain_code(visitor, app, pkce, redirect_uri=uri)
    assert redeem(machine, app, code, pkce, redirect_uri=uri).status_code == 200


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.usefixtures("signing_keys")
def test_code_is_redeemed_with_the_very_port_it_was_sent_to(visitor: Browser, machine: Browser) -> None:
    app = make_client(kind="native", redirect_uris=["http://127.0.0.1/done"])
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce, redirect_uri="http://127.0.0.1:4000/done")
    answer = redeem(machine, app, code, pkce, redirect_uri="http://127.0.0.1:4001/done")
    assert_json_error(answer, "invalid_grant")


@pytest.mark.spec("RFC 8252", "7.3")
@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:4000/done",
        "http://127.0.0.2:4000/done",
        "http://127.0.0.1:4000/done/x",
        "http://127.0.0.1:4000/done?x",
        "http://127.0.0.1:4000@evil.example/done",
        "http://127.0.0.1:99999/done",
        "http://127.0.0.1:0/done",
        "http://127.0.0.1:40 00/done",
        "http://127.0.0.1:٤/done",
        "http://127.0.0.1.evil.example:4000/done",
        "https://127.0.0.1:4000/done",
        "http://[::1]:4000/done",
        "http://127.0.0.1:4000",
        "http://127.0.0.1:4000/",
        "http://0x7f000001:4000/done",
    ],
)
def test_loopback_exception_is_no_wider_than_the_port(visitor: Browser, uri: str) -> None:
    app = make_client(kind="native", redirect_uris=["http://127.0.0.1/done"])
    parameters = authorization_parameters(app, make_pkce(), redirect_uri=uri)
    assert_error_page(visitor.get("/oauth/authorize", parameters))


@pytest.mark.spec("RFC 8252", "8.4")
@pytest.mark.parametrize("kind", ["web", "spa"])
def test_other_kinds_may_not_change_the_port(visitor: Browser, kind: str) -> None:
    app = make_client(kind=kind, redirect_uris=["http://127.0.0.1:8001/done"])
    parameters = authorization_parameters(app, make_pkce(), redirect_uri="http://127.0.0.1:8002/done")
    assert_error_page(visitor.get("/oauth/authorize", parameters))


@pytest.mark.spec("RFC 8252", "7.1")
def test_native_application_may_use_a_scheme_of_its_own(visitor: Browser) -> None:
    uri = "com.example.app:/callback"
    app = make_client(kind="native", redirect_uris=[uri])
    parameters = authorization_parameters(app, make_pkce(), redirect_uri=uri)
    answer = visitor.post(f"/oauth/authorize?{urlencode(parameters)}", {"action": "allow"})
    assert_code_redirect(answer, to=uri)
