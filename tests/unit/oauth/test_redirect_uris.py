"""Which addresses may be registered, and which of them a request means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.oauth.redirect_uris import is_registered, origin_of_uri, problem_with

GOOD = [
    "https://app.example.org/callback",
    "https://app.example.org",
    "https://app.example.org:8443/callback?tenant=1",
    "https://[2001:db8::1]/callback",
    "https://xn--bcher-kva.example/callback",
]
BAD = [
    "",
    " ",
    "callback",
    "/callback",
    "//app.example.org/callback",
    "https:",
    "https://",
    "https:///callback",
    "https:app.example.org/callback",
    "https://app.example.org/callback#fragment",
    "https://app.example.org/callback#",
    "https://user@app.example.org/callback",
    "https://user:secret@app.example.org/callback",
    "https://@app.example.org/callback",
    "https://app.example.org/../callback",
    "https://app.example.org/a/./callback",
    "https://app.example.org/%2e%2e/callback",
    "https://app.example.org/%2E./callback",
    "https://app.example.org/a%2f..%2fcallback",
    "https://app.example.org\\callback",
    "https://app.example.org/call back",
    "https://app.example.org/callback\n",
    "https://app.example.org/\x00",
    "https://bücher.example/callback",
    "https://app.example.org:port/callback",
    "https://app.example.org:99999/callback",
    "https://app.example.org:/callback",
    "https://[::1/callback",
    "https://[fe80::1%25eth0]/callback",
    "https://*.example.org/callback",
    "https://a;script-src'unsafe-inline'/callback",
    "https://a,b.example/callback",
    "https://a%2eexample/callback",
    "http://app.example.org/callback",
    "http://127.0.0.1.example.org/callback",
    "http://localhost.example.org/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://app.example.org/",
    "myapp:/callback",
    "https://app.example.org/" + "a" * 2_000,
]


@pytest.mark.spec("RFC 6749", "3.1.2")
@pytest.mark.parametrize("uri", GOOD)
@pytest.mark.parametrize("is_native", [True, False])
def test_https_address_may_be_registered(uri: str, is_native: bool) -> None:
    assert problem_with(uri, is_native=is_native, allow_localhost=False) == ""


@pytest.mark.spec("RFC 9700", "2.1")
@pytest.mark.parametrize("uri", BAD)
@pytest.mark.parametrize("is_native", [True, False])
@pytest.mark.parametrize("allow_localhost", [True, False])
def test_other_addresses_may_not(uri: str, is_native: bool, allow_localhost: bool) -> None:
    assert problem_with(uri, is_native=is_native, allow_localhost=allow_localhost) != ""


@pytest.mark.spec("RFC 8252", "8.3")
@pytest.mark.parametrize(
    ("uri", "for_native", "for_development"),
    [
        ("http://127.0.0.1/done", True, True),
        ("http://[::1]:9000/done", True, True),
        ("http://localhost:9000/done", False, True),
    ],
)
def test_loopback_is_for_native_applications_and_development(
    uri: str, for_native: bool, for_development: bool
) -> None:
    assert (problem_with(uri, is_native=True, allow_localhost=False) == "") is for_native
    assert (problem_with(uri, is_native=False, allow_localhost=True) == "") is for_development
    assert problem_with(uri, is_native=False, allow_localhost=False) != ""


@pytest.mark.spec("RFC 8252", "7.1")
def test_scheme_of_ones_own_is_for_native_applications_and_in_reverse_domain_order() -> None:
    assert problem_with("com.example.app:/callback", is_native=True, allow_localhost=False) == ""
    assert problem_with("com.example.app:/callback", is_native=False, allow_localhost=True) != ""
    assert problem_with("com.example.app://host/callback", is_native=True, allow_localhost=False) != ""


@pytest.mark.spec("RFC 8252", "7.3")
@given(port=st.integers(min_value=-10, max_value=100_000))
def test_any_port_that_exists_is_the_registered_loopback_address(port: int) -> None:
    uri, registered = f"http://127.0.0.1:{port}/done", ["http://127.0.0.1/done"]
    assert is_registered(uri, registered, any_loopback_port=True) is (1 <= port <= 65_535)
    assert not is_registered(uri, registered, any_loopback_port=False)


@pytest.mark.spec("RFC 9700", "2.1")
@given(uri=st.text(max_size=60) | st.from_regex(r"https://app\.example\.org.{0,20}", fullmatch=True))
def test_address_is_the_registered_one_or_none(uri: str) -> None:
    registered = ["https://app.example.org/callback"]
    assert is_registered(uri, registered, any_loopback_port=True) is (uri in registered)


@given(uri=st.text(max_size=40) | st.from_regex(r"[a-z]{1,5}:[/:@\[\]a-z0-9.%;,'*-]{0,30}", fullmatch=True))
def test_whatever_may_be_registered_is_one_source_of_a_content_security_policy(uri: str) -> None:
    if problem_with(uri, is_native=True, allow_localhost=True) == "":
        assert not {" ", ";", ",", "'", "*", "\n"} & set(origin_of_uri(uri))
