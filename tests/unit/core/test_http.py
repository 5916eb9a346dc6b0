import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from apps.core import http
from apps.core.http import FetchedResponse
from apps.core.http_errors import (
    AddressRefused,
    CertificateRefused,
    FetchError,
    FetchTimedOut,
    RedirectRefused,
    ResponseTooLarge,
)
from tests.unit.core.loopback_servers import answering, response, serving, tls_context

LOOPBACK = ["127.0.0.0/8"]
REAL_GETADDRINFO = socket.getaddrinfo


def fetch(url: str, **options: Any) -> FetchedResponse:
    defaults: dict[str, Any] = {"allow_http": True, "allowed_private_networks": LOOPBACK}
    return http.fetch(url, **(defaults | options))


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Names and the answers to successive questions about them; the last answer stays."""
    names: dict[str, list[list[str]]] = {}

    def answer(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host not in names:
            return REAL_GETADDRINFO(host, port, *rest, **more)
        answers = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


@pytest.fixture
def deaf() -> Iterator[threading.Event]:
    """Set at the end of the test, so that a server which says nothing stops."""
    over = threading.Event()
    yield over
    over.set()


def test_answer_comes_with_status_headers_body_and_final_url() -> None:
    with serving(answering(response("404 Not Found", body=b"none", X_Thing="a"))) as server:
        answer = fetch(f"http://127.0.0.1:{server.port}/a?b=c")
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (404, b"none", "a")
    assert answer.url == f"http://127.0.0.1:{server.port}/a?b=c"
    assert server.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert b"cookie" not in server.requests[0].lower()


def test_body_and_headers_are_sent() -> None:
    with serving(answering(response())) as server:
        fetch(
            f"http://127.0.0.1:{server.port}",
            method="POST",
            headers={"X-Key": "v", "Host": "evil"},
            body=b"{}",
        )
    head = server.requests[0].lower()
    assert head.startswith(b"post / http/1.1\r\n")
    assert b"x-key: v\r\n" in head
    assert f"host: 127.0.0.1:{server.port}\r\n".encode() in head
    assert b"evil" not in head


def test_private_address_is_refused_without_a_connection() -> None:
    with serving(answering(response())) as server:
        with pytest.raises(AddressRefused):
            fetch(f"http://127.0.0.1:{server.port}/", allowed_private_networks=[])
        with pytest.raises(AddressRefused):
            fetch(f"http://localhost:{server.port}/", allowed_private_networks=["10.0.0.0/8"])
    assert server.connections == 0


def test_allowed_networks_come_from_the_settings(settings: Settings) -> None:
    with serving(answering(response())) as server:
        settings.OUTBOUND_ALLOWED_NETWORKS = []
        with pytest.raises(AddressRefused):
            fetch(f"http://127.0.0.1:{server.port}/", allowed_private_networks=None)
        settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
        assert fetch(f"http://127.0.0.1:{server.port}/", allowed_private_networks=None).status == 200


def test_plain_http_is_refused_unless_allowed() -> None:
    with serving(answering(response())) as server, pytest.raises(AddressRefused):
        fetch(f"http://127.0.0.1:{server.port}/", allow_http=False)
    assert server.connections == 0


def test_second_dns_answer_is_never_asked_for(dns: dict[str, list[list[str]]]) -> None:
    dns["rebind.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    with serving(answering(response(body=b"ok"))) as server:
        assert fetch(f"http://rebind.example:{server.port}/").body == b"ok"
    assert dns["rebind.example"] == [["10.0.0.1"]]
    assert f"host: rebind.example:{server.port}".encode() in server.requests[0].lower()


def test_redirect_is_resolved_and_checked_again(dns: dict[str, list[list[str]]]) -> None:
    dns["rebind.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    with serving(answering(response("302 Found", Location="/next"))) as server, pytest.raises(AddressRefused):
        fetch(f"http://rebind.example:{server.port}/")
    assert server.connections == 1


def test_next_address_is_tried_when_the_first_takes_no_connection(dns: dict[str, list[list[str]]]) -> None:
    dns["two.example"] = [["::1", "127.0.0.1"]]
    with serving(answering(response(body=b"ok"))) as server:
        url = f"http://two.example:{server.port}/"
        assert fetch(url, allowed_private_networks=[*LOOPBACK, "::1/128"]).body == b"ok"


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_redirect_is_followed(status: str) -> None:
    with serving(answering(response(status, Location="/b?c#d"), response(body=b"there"))) as server:
        answer = fetch(f"http://127.0.0.1:{server.port}/a", headers={"Authorization": "Bearer x"})
    assert answer.body == b"there"
    assert answer.url.endswith("/b?c")
    assert b"authorization: bearer x" in server.requests[1].lower()


def test_redirect_to_another_origin_takes_no_credentials_along() -> None:
    with serving(answering(response(body=b"there"))) as other:
        location = f"http://127.0.0.1:{other.port}/"
        with serving(answering(response("302 Found", Location=location))) as server:
            headers = {"Authorization": "Bearer x", "X-Api-Key": "y", "Accept": "application/json"}
            fetch(f"http://127.0.0.1:{server.port}/a", headers=headers)
    head = other.requests[0].lower()
    assert b"bearer" not in head
    assert b"x-api-key" not in head
    assert b"accept: application/json" in head


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("ftp://127.0.0.1/", AddressRefused),
        ("file:///etc/passwd", AddressRefused),
        ("http://user@127.0.0.1/", AddressRefused),
        ("http://169.254.169.254/latest/meta-data/", AddressRefused),
        ("http://[::ffff:10.0.0.1]/", AddressRefused),
        ("//10.0.0.1/", AddressRefused),
        ("http://127.0.0.1\\@10.0.0.1/", AddressRefused),
        ("/loop", RedirectRefused),
    ],
)
def test_redirect_that_leads_astray_is_refused(location: str, error: type[FetchError]) -> None:
    with (
        serving(answering(response("302 Found", Location=location))) as server,
        pytest.raises(error) as refused,
    ):
        fetch(f"http://127.0.0.1:{server.port}/")
    assert refused.value.is_permanent
    assert server.connections <= 4


def test_redirects_can_be_switched_off() -> None:
    with (
        serving(answering(response("302 Found", Location="/next"))) as server,
        pytest.raises(RedirectRefused),
    ):
        fetch(f"http://127.0.0.1:{server.port}/", max_redirects=0)
    assert server.connections == 1


def test_redirect_of_a_post_is_refused() -> None:
    with (
        serving(answering(response("307 Moved", Location="/next"))) as server,
        pytest.raises(RedirectRefused),
    ):
        fetch(f"http://127.0.0.1:{server.port}/", method="POST", body=b"secret")
    assert server.connections == 1


def test_size_limit_holds_for_announced_and_for_streamed_bodies() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"
    for answer in (
        response(body=b"x" * 1001),
        endless,
        chunked + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    ):
        with serving(answering(answer)) as server, pytest.raises(ResponseTooLarge):
            fetch(f"http://127.0.0.1:{server.port}/", max_bytes=1000)
    with serving(answering(response(body=b"x" * 1000))) as server:
        assert len(fetch(f"http://127.0.0.1:{server.port}/", max_bytes=1000).body) == 1000


def test_size_limit_counts_what_the_body_unpacks_to() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    bomb_response = response(body=bomb, Content_Encoding="gzip")
    with serving(answering(bomb_response)) as server, pytest.raises(ResponseTooLarge):
        fetch(f"http://127.0.0.1:{server.port}/", max_bytes=1_000_000)


def test_compressed_body_is_unpacked() -> None:
    with serving(answering(response(body=zlib.compress(b"hello"), Content_Encoding="deflate"))) as server:
        assert fetch(f"http://127.0.0.1:{server.port}/").body == b"hello"


def test_server_that_says_nothing_runs_into_the_deadline(deaf: threading.Event) -> None:
    def say_nothing(connection: socket.socket, request: bytes) -> None:
        deaf.wait(20)

    with serving(say_nothing) as server, pytest.raises(FetchTimedOut) as late:
        fetch(f"http://127.0.0.1:{server.port}/", timeout_seconds=0.3)
    assert not late.value.is_permanent


@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_slow_drip_runs_into_the_deadline(prefix: bytes, deaf: threading.Event) -> None:
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(prefix)
        for _ in range(400):
            if deaf.wait(0.02):
                return
            connection.sendall(b"H")

    started = time.monotonic()
    with serving(drip) as server, pytest.raises(FetchTimedOut):
        fetch(f"http://127.0.0.1:{server.port}/", timeout_seconds=0.4)
    assert time.monotonic() - started < 5


def test_tls_handshake_that_never_ends_runs_into_the_deadline(deaf: threading.Event) -> None:
    # One byte of a TLS record header at a time, for ever: each one renews the timeout of the socket.
    def drip(connection: socket.socket) -> None:
        with connection:
            for byte in b"\x16\x03\x03\x3f\xff" + bytes(400):
                if deaf.wait(0.02):
                    return
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: drip(listener.accept()[0]), daemon=True)
    thread.start()
    with pytest.raises(FetchTimedOut):
        fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout_seconds=0.4)
    listener.close()
    thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain"],
)  # fmt: skip
def test_broken_answer_is_a_failure_worth_another_try(answer: bytes) -> None:
    with serving(answering(answer)) as server, pytest.raises(FetchError) as failed:
        fetch(f"http://127.0.0.1:{server.port}/")
    assert not failed.value.is_permanent


def test_closed_port_and_unknown_name_are_failures_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(b"")) as server:
        port = server.port
    with pytest.raises(FetchError) as closed:
        fetch(f"http://127.0.0.1:{port}/")

    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError) as nameless:
        fetch("https://nowhere.example/")
    assert not closed.value.is_permanent
    assert not nameless.value.is_permanent


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(answering(response(body=b"proxy"))) as proxy,
        serving(answering(response(body=b"direct"))) as server,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetch(f"http://127.0.0.1:{server.port}/").body == b"direct"
    assert proxy.connections == 0


def test_tls_checks_the_name_although_it_connects_to_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dns: dict[str, list[list[str]]]
) -> None:
    context, authority = tls_context(tmp_path, "idp.example")
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    dns["idp.example"] = dns["idp.example."] = dns["other.example"] = [["127.0.0.1"]]
    with serving(answering(response(body=b"ok")), tls=context) as server:
        with pytest.raises(CertificateRefused) as unknown_authority:
            fetch(f"https://idp.example:{server.port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert fetch(f"https://idp.example:{server.port}/").body == b"ok"
        assert fetch(f"https://idp.example.:{server.port}/").body == b"ok"
        with pytest.raises(CertificateRefused):
            fetch(f"https://other.example:{server.port}/")
        with pytest.raises(CertificateRefused):
            fetch(f"https://127.0.0.1:{server.port}/")
    assert unknown_authority.value.is_permanent
    assert names[:4] == ["idp.example", "idp.example", "idp.example", "other.example"]


def test_redirect_from_https_to_http_is_refused_even_where_http_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = tls_context(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(answering(response(body=b"plain"))) as plain:
        answer = answering(response("302 Found", Location=f"http://127.0.0.1:{plain.port}/"))
        with serving(answer, tls=context) as server, pytest.raises(RedirectRefused):
            fetch(f"https://127.0.0.1:{server.port}/")
    assert plain.connections == 0


def test_no_socket_and_no_timer_stays_behind() -> None:
    before = threading.active_count()
    with serving(answering(response())) as server:
        fetch(f"http://127.0.0.1:{server.port}/")
    for thread in threading.enumerate():
        assert not isinstance(thread, threading.Timer) or thread.finished.is_set()
    assert threading.active_count() <= before + 2
