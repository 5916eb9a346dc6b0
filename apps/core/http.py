"""The one way out: fetches a URL that somebody else chose without becoming their way into the network.

The name is resolved here, once; every answer must be a public address or in an allowed network, and the
connection goes to exactly the address that was checked, so that a second DNS answer changes nothing.
Redirects start over. One deadline covers everything from the DNS question to the last byte.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, urljoin

import urllib3.exceptions
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from apps.core.deadline import Deadline
from apps.core.http_errors import (
    AddressRefused,
    CertificateRefused,
    FetchError,
    FetchTimedOut,
    RedirectRefused,
    ResponseTooLarge,
)
from apps.core.outbound_address import (
    checked_addresses,
    origin_of_url,
    parsed_networks,
    parsed_url,
    port_of,
)

__all__ = [
    "AddressRefused",
    "CertificateRefused",
    "FetchError",
    "FetchTimedOut",
    "FetchedResponse",
    "RedirectRefused",
    "ResponseTooLarge",
    "fetch",
]

DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_MAX_BYTES = 1_000_000
CHUNK_BYTES = 65_536
LONGEST_LENGTH = 18
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REDIRECTED_METHODS = frozenset({"GET", "HEAD"})
# What a redirect to another origin still gets; anything else may be a credential.
HEADERS_FOR_STRANGERS = frozenset({"accept", "accept-language", "user-agent"})


@dataclass(frozen=True)
class FetchedResponse:
    """Any answer, whatever its status. Header names are in lower case; the body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_redirects: int = 3,
    allow_http: bool = False,
    allowed_private_networks: Iterable[str] | None = None,
) -> FetchedResponse:
    """Fetches a URL and follows the redirects of GET and HEAD.

    `allowed_private_networks` (CIDR) defaults to OUTBOUND_ALLOWED_NETWORKS; inside them any port may be
    used, outside only the scheme's own. `max_bytes` counts decompressed bytes. No cookies, no proxies from
    the environment.

    Raises: FetchError and its subclasses.
    """
    networks = parsed_networks(
        settings.OUTBOUND_ALLOWED_NETWORKS if allowed_private_networks is None else allowed_private_networks
    )
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    with Deadline(timeout_seconds) as deadline:
        for _ in range(max_redirects + 1):
            target = parsed_url(url, allow_http=allow_http)
            addresses = checked_addresses(target, networks, deadline)
            response = _exchange(target, addresses, method, sent, body, max_bytes, deadline)
            location = response.headers.get("location")
            if response.status not in REDIRECTS or location is None:
                return response
            if method not in REDIRECTED_METHODS:
                raise RedirectRefused(f"{method} {url} answered {response.status}")
            following = parsed_url(urljoin(target.geturl(), location), allow_http=allow_http)
            if target.scheme == "https" and following.scheme != "https":
                raise RedirectRefused(f"{url} redirects from https to http")
            if origin_of_url(following) != origin_of_url(target):
                sent = {name: value for name, value in sent.items() if name in HEADERS_FOR_STRANGERS}
            url = following.geturl()
    raise RedirectRefused(f"more than {max_redirects} redirects, the last to {url}")


class _WatchedConnection(HTTPConnection):
    """Connects to the address that was checked; `host` is that address, the name goes into Host and SNI."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        opened = socket.create_connection((self.host, self.port), timeout=self.deadline.remaining())
        self.deadline.watch(opened)
        return opened


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


def _exchange(
    target: SplitResult,
    addresses: list[str],
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    max_bytes: int,
    deadline: Deadline,
) -> FetchedResponse:
    connection = _connected(target, addresses, deadline)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    sent = {"user-agent": "Gatehouse", "accept-encoding": "identity", **headers, "host": target.netloc}
    try:
        connection.request(method, path, body=body, headers=sent, preload_content=False)
        answer = connection.getresponse()
        content = _bounded_body(answer, max_bytes)
    except (OSError, urllib3.exceptions.HTTPError, HTTPException) as error:
        raise _failure(error, target, deadline) from error
    finally:
        connection.close()
    # Where no length is announced, a cut connection looks like the end of the body.
    deadline.remaining()
    received = {name.lower(): value for name, value in answer.headers.items()}
    return FetchedResponse(status=answer.status, headers=received, body=content, url=target.geturl())


def _connected(target: SplitResult, addresses: list[str], deadline: Deadline) -> HTTPConnection:
    """A connection to the first address that takes one."""
    failure: FetchError = FetchError(f"{target.hostname} has no address")
    for address in addresses:
        connection = _connection(target, address)
        connection.deadline = deadline
        try:
            connection.timeout = deadline.remaining()
            connection.connect()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            connection.close()
            failure = _failure(error, target, deadline)
            failure.__cause__ = error
            continue
        return connection
    raise failure


def _connection(target: SplitResult, address: str) -> _WatchedConnection:
    if target.scheme == "http":
        return _WatchedConnection(address, port_of(target))
    name = (target.hostname or "").rstrip(".")
    return _WatchedTlsConnection(
        address,
        port_of(target),
        ssl_context=ssl.create_default_context(),
        cert_reqs=ssl.CERT_REQUIRED,
        server_hostname=name,
    )


def _bounded_body(answer: BaseHTTPResponse, max_bytes: int) -> bytes:
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > LONGEST_LENGTH or int(announced) > max_bytes):
        raise ResponseTooLarge(f"{announced} bytes announced, {max_bytes} allowed")
    content = bytearray()
    while chunk := answer.read(CHUNK_BYTES, decode_content=True):
        content += chunk
        if len(content) > max_bytes:
            raise ResponseTooLarge(f"more than {max_bytes} bytes")
    return bytes(content)


def _failure(error: Exception, target: SplitResult, deadline: Deadline) -> FetchError:
    if deadline.has_passed or isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return FetchTimedOut(f"{target.hostname}: {error}")
    if _is_about_the_certificate(error):
        return CertificateRefused(f"{target.hostname}: {error}")
    return FetchError(f"{target.hostname}: {error}")


def _is_about_the_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, (ssl.SSLCertVerificationError, ssl.CertificateError)):
            return True
        error = error.__cause__ or error.__context__
    return False
