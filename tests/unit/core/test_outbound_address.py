import ipaddress
import socket
from typing import Any

import pytest

from apps.core.deadline import Deadline
from apps.core.http_errors import AddressRefused, FetchTimedOut
from apps.core.outbound_address import checked_addresses, is_public, parsed_networks, parsed_url

PRIVATE = [
    "0.0.0.0",  # noqa: S104 - an address to refuse, not to bind
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:808:808::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.215.14",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_the_internet_cannot_reach_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def check(url: str, *, networks: tuple[str, ...] = ()) -> list[str]:
    with Deadline(5) as deadline:
        return checked_addresses(parsed_url(url, allow_http=True), parsed_networks(networks), deadline)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("address", PRIVATE)
def test_name_with_a_single_private_answer_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolve_to(monkeypatch, "8.8.8.8", address)
    with pytest.raises(AddressRefused):
        check("https://metadata.example/")


def test_name_with_public_answers_gives_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "8.8.8.8", "2606:4700:4700::1111", "8.8.8.8")
    assert check("https://idp.example/") == ["8.8.8.8", "2606:4700:4700::1111"]


def test_allowed_network_opens_its_addresses_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "10.1.2.3", "::ffff:10.1.2.4")
    assert len(check("https://idp.corp/", networks=("10.1.0.0/16",))) == 2
    with pytest.raises(AddressRefused):
        check("https://idp.corp/", networks=("10.2.0.0/16",))


@pytest.mark.parametrize(
    "url", ["https://idp.example:8443/", "http://idp.example:443/", "https://idp.example:80/"]
)
def test_other_ports_are_for_allowed_networks_only(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    resolve_to(monkeypatch, "8.8.8.8")
    with pytest.raises(AddressRefused):
        check(url)
    resolve_to(monkeypatch, "10.1.2.3")
    assert check(url, networks=("10.0.0.0/8",)) == ["10.1.2.3"]


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "localhost"]
)
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        check(f"https://{host}/")


def test_resolver_that_never_answers_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    released = socket.socketpair()

    def hang(*_: Any, **__: Any) -> list[Any]:
        released[0].recv(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(FetchTimedOut), Deadline(0.2) as deadline:
        checked_addresses(parsed_url("https://slow.example/", allow_http=False), (), deadline)
    released[1].send(b"x")
    for end in released:
        end.close()


@pytest.mark.parametrize(
    "url",
    [
        "", "idp.example", "//idp.example/", "https://", "https:///path", "ftp://idp.example/", "file:///etc/passwd",
        "gopher://idp.example/", "http://idp.example/", "https://user@idp.example/", "https://user:pw@idp.example/",
        "https://@idp.example/", "https://idp.example:0/", "https://idp.example:99999/", "https://idp.example:x/",
        "https://idp.example\\@10.0.0.1/", "https://idp.example/ path", "https://idp.example/\r\nX: y",
        "https://idp\t.example/", "https://[fe80::1%25eth0]/", "https://[::1/", "https://idp.example/\x00",
        "https://\uff49dp.example/",
    ],
)  # fmt: skip
def test_url_that_parsers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        parsed_url(url, allow_http=False)


def test_fragment_is_not_sent() -> None:
    assert parsed_url("https://idp.example/a?b#c", allow_http=False).geturl() == "https://idp.example/a?b"
