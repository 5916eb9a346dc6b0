"""Where an outbound request may go: which URLs, and which of the addresses behind their names."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from apps.core.deadline import Deadline
from apps.core.http_errors import AddressRefused, FetchError, FetchTimedOut

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}
# All IPv6 addresses given out so far; outside lie NAT64, mapped, compatible and site-local addresses.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Tunnels that lead to an IPv4 address written inside the IPv6 one, and their IPv4 relays: Teredo, 6to4.
TUNNELS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network) for network in ("2001::/32", "2002::/16", "192.88.99.0/24")
)


def is_public(address: Address) -> bool:
    """Whether the address is one that any host of the internet may reach."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_link_local
        and not any(address in network for network in TUNNELS)
    )


def parsed_url(url: str, *, allow_http: bool) -> SplitResult:
    """Raises: AddressRefused."""
    # Parsers disagree about exactly these characters: what is checked must be what is fetched.
    if not url.isascii() or not url.isprintable() or any(character in url for character in " \\"):
        raise AddressRefused("spaces, backslashes, control or non-ASCII characters in the URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"malformed URL: {error}") from error
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        raise AddressRefused(f"scheme {parts.scheme!r}")
    if "@" in parts.netloc:
        raise AddressRefused("user information in the URL")
    if not parts.hostname or "%" in parts.hostname or port == 0:
        raise AddressRefused("no usable host in the URL")
    return parts._replace(fragment="")


def port_of(target: SplitResult) -> int:
    return target.port or DEFAULT_PORTS[target.scheme]


def origin_of_url(target: SplitResult) -> tuple[str, str | None, int]:
    return target.scheme, target.hostname, port_of(target)


def parsed_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def checked_addresses(target: SplitResult, networks: tuple[Network, ...], deadline: Deadline) -> list[str]:
    """Every address of the name. Raises: AddressRefused when a single one is out of bounds."""
    host, port = target.hostname or "", port_of(target)
    addresses = _resolved(host, port, deadline)
    for text in addresses:
        address = ipaddress.ip_address(text)
        plain = getattr(address, "ipv4_mapped", None) or address
        if any(plain in network for network in networks):
            continue
        if not is_public(address):
            raise AddressRefused(f"{host} leads to {address}, which is not public")
        if port != DEFAULT_PORTS[target.scheme]:
            raise AddressRefused(f"port {port} outside of the allowed networks")
    return addresses


def _resolved(host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of a name. A resolver cannot be interrupted: one that is too slow is left behind."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(answer[4][0]) for answer in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining())
    except queue.Empty as error:
        raise FetchTimedOut(f"no DNS answer for {host}") from error
    if isinstance(answer, OSError):
        raise FetchError(f"{host} does not resolve") from answer
    return answer
