"""Where a request came from: a stranger's X-Forwarded-For is never believed."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.core.origin import client_address, network_of, origin_of

PROXIES = ["10.0.0.0/8", "fd00::/8"]


def _address(peer: str, forwarded: str | None = None) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.fixture
def proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES


@pytest.mark.parametrize("forwarded", ["1.2.3.4", "10.0.0.1", "1.2.3.4, 10.0.0.1", "garbage"])
def test_header_counts_for_nothing_without_a_trusted_proxy(forwarded: str) -> None:
    assert _address("192.0.2.1", forwarded) == "192.0.2.1"
    assert _address("10.0.0.1", forwarded) == "10.0.0.1"


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (None, "10.0.0.1"),
        ("", "10.0.0.1"),
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("203.0.113.5, 10.0.0.3, 10.0.0.2", "203.0.113.5"),
        # What the client wrote itself stands to the left of what the first proxy added.
        ("1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.9.9.9, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        # Malformed: nothing to its left is believed.
        ("garbage", "10.0.0.1"),
        ("1.1.1.1, garbage", "10.0.0.1"),
        ("1.1.1.1, garbage, 203.0.113.5", "203.0.113.5"),
        ("1.1.1.1,, 10.0.0.2", "10.0.0.2"),
        ("999.1.1.1", "10.0.0.1"),
        ("127.1", "10.0.0.1"),
        # With a port, as some proxies write it.
        ("203.0.113.5:4711", "203.0.113.5"),
        ("1.1.1.1, 203.0.113.5:65535, 10.0.0.2:80", "203.0.113.5"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("[::ffff:203.0.113.5]:443", "203.0.113.5"),
        ("2001:db8::1:443", "2001:db8::1:443"),
        ("203.0.113.5:", "10.0.0.1"),
        ("203.0.113.5:65536", "10.0.0.1"),
        ("203.0.113.5:-1", "10.0.0.1"),
        ("203.0.113.5:\u0664", "10.0.0.1"),
        ("203.0.113.5 :80", "10.0.0.1"),
        ("203.0.113.5:80:80", "10.0.0.1"),
        ("[203.0.113.5]:80", "10.0.0.1"),
        ("[2001:db8::1", "10.0.0.1"),
        ("2001:db8::1]:443", "10.0.0.1"),
        ("[2001:db8::1]443", "10.0.0.1"),
        ("[2001:db8::g]:443", "10.0.0.1"),
        ("[]:443", "10.0.0.1"),
        ("'; DROP TABLE users; --", "10.0.0.1"),
        ("  203.0.113.5  ", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%" + "x" * 4000, "fe80::1"),
        ("203.0.113.5, fd00::1", "203.0.113.5"),
    ],
)
def test_address_is_the_nearest_hop_that_is_not_a_trusted_proxy(forwarded: str | None, expected: str) -> None:
    assert _address("10.0.0.1", forwarded) == expected


@pytest.mark.usefixtures("proxies")
def test_trusted_proxy_is_known_by_its_mapped_address_too() -> None:
    assert _address("::ffff:10.0.0.1", "203.0.113.5") == "203.0.113.5"
    assert _address("::ffff:192.0.2.1", "203.0.113.5") == "192.0.2.1"


@pytest.mark.usefixtures("proxies")
def test_unix_socket_has_no_address() -> None:
    assert _address("", "203.0.113.5") is None


@given(st.text(max_size=200))
def test_no_header_breaks_it_or_moves_a_stranger(forwarded: str) -> None:
    assert _address("192.0.2.1", forwarded) == "192.0.2.1"


def test_origin_clips_a_long_user_agent_and_always_names_a_request() -> None:
    origin = origin_of(RequestFactory().get("/", headers={"User-Agent": "x" * 10_000}))
    assert len(origin.user_agent) == 512
    assert origin.request_id


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        (None, "unknown"),
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff:ffff:ffff:ffff", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::1", "2001:db8:0:8::/64"),
    ],
)
def test_tries_are_counted_for_what_one_subscriber_has(ip: str | None, network: str) -> None:
    assert network_of(ip) == network
