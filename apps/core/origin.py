"""Where a request came from, as every audit event tells it."""

import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from apps.core.ids import uuid7

USER_AGENT_LIMIT = 512
# As some proxies write a hop: with the port that it came from, and then in brackets if it is IPv6.
HOP = re.compile(r"(?:(?P<v4>[0-9.]+)|\[(?P<v6>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)\])(?::(?P<port>[0-9]{1,5}))?")
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Origin:
    ip: str | None
    user_agent: str
    request_id: str
    # The client through which somebody acts, and the session it acts in, where there are such.
    client_id: str = ""
    session_id: str = ""


SYSTEM_ORIGIN = Origin(ip=None, user_agent="", request_id="")


def client_address(request: HttpRequest) -> str | None:
    """The address of the client: the nearest hop in X-Forwarded-For that is not a trusted proxy.

    The header counts only when the connection itself comes from a trusted proxy, and only up to the first
    entry that is not an address: what a stranger wrote further left is never believed.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if peer is None or not _is_trusted(peer):
        return str(peer) if peer else None
    nearest = peer
    for part in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        hop = _hop(part.strip())
        if hop is None:
            break
        nearest = hop
        if not _is_trusted(hop):
            break
    return str(nearest)


def is_from_trusted_proxy(request: HttpRequest) -> bool:
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    return peer is not None and _is_trusted(peer)


def network_of(address: str | None) -> str:
    """What tries are counted for: in IPv6 the whole /64, of which one subscriber has every address."""
    if address is None:
        return "unknown"
    if ":" in address:
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return address


def origin_of(request: HttpRequest, *, client_id: str = "", session_id: str = "") -> Origin:
    return Origin(
        ip=client_address(request),
        user_agent=request.headers.get("User-Agent", "")[:USER_AGENT_LIMIT],
        request_id=getattr(request, "request_id", "") or str(uuid7()),
        client_id=client_id,
        session_id=session_id,
    )


def _hop(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    found = HOP.fullmatch(text)
    if found is None:
        return _address(text)
    return _address(found["v4"] or found["v6"]) if int(found["port"] or 0) <= HIGHEST_PORT else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    # A zone ("fe80::1%eth0") names an interface of ours, not the client, and no database keeps it.
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def _is_trusted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)
