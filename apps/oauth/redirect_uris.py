"""Which redirect URIs may be registered, and which registered one a request means.

Spec: RFC 6749 §3.1.2, RFC 8252 §7.1 and §7.3, RFC 9700 §2.1.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

# No character that ends a source or a directive in a Content-Security-Policy, where the host is repeated.
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")
LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})
# RFC 3986 characters only; a backslash, space or control character is read differently by different parsers.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+\Z")
PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9-]+)+\Z")
LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\])):([1-9][0-9]{0,4})(?=[/?]|\Z)")
LAST_PORT = 65_535
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
LONGEST = 2_000


def problem_with(uri: str, *, is_native: bool, allow_localhost: bool) -> str:
    """Why the URI may not be registered, in words that go on after it ("… must be https"); empty when it may."""
    if len(uri) > LONGEST or not URI.match(uri):
        return _("is not an absolute URI without a fragment")
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _("has a malformed host or port")
    if "@" in parts.netloc:
        return _("must not contain a user name")
    if parts.netloc and not HOST.fullmatch(parts.netloc.removesuffix(f":{port}")):
        return _("has a malformed host or port")
    if any(segment in {"..", "."} for segment in unquote(parts.path).split("/")):
        return _("must not contain dot segments")
    if parts.scheme == "https":
        return "" if host else _("names no host")
    if parts.scheme == "http":
        if host in LOOPBACK_ADDRESSES and (is_native or allow_localhost):
            return ""
        if host == "localhost" and allow_localhost:
            return ""
        return _("must be https")
    if is_native and PRIVATE_USE_SCHEME.match(parts.scheme) and not parts.netloc:
        return ""
    return _("must be https, or for native applications a scheme like com.example.app:/callback")


def is_registered(uri: str, registered: Sequence[str], *, any_loopback_port: bool) -> bool:
    """Simple string comparison; a native client's loopback address may come with any port."""
    if uri in registered:
        return True
    match = LOOPBACK_PORT.match(uri) if any_loopback_port else None
    if match is None or int(match[2]) > LAST_PORT:
        return False
    without_port = LOOPBACK_PORT.sub(r"\1", uri)
    return any(without_port == LOOPBACK_PORT.sub(r"\1", known) for known in registered)


def web_origin(uri: str) -> str:
    """The origin as browsers write it: in lower case, without the scheme's own port. Spec: RFC 6454 §6.2."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ''))}"


def origin_of_uri(uri: str) -> str:
    """What a Content-Security-Policy source must say to let a redirect to the URI pass."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
