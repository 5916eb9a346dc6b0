"""Clients that send or read slowly hold no thread of `manage.py serve`, and are cut in the end."""

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.services.gatehouse import Gatehouse, start_gatehouse

pytestmark = pytest.mark.any_database
THREADS = 2
MANY = 50
HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
WHOLE = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\n\r\n"
CSS, FONT, KEYS, LOGIN = (
    b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path
    for path in (
        b"/static/css/gatehouse.css",
        b"/static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2",
        b"/.well-known/jwks.json",
        b"/login/",
    )
)
HALF: dict[str, bytes] = {
    "nothing at all": b"",
    "one byte": b"G",
    "half a request line": b"GET /login/?next=",
    "half a head": HEAD,
    "a head without its body": HEAD + b"Content-Length: 40\r\n\r\n",
    "half a body": HEAD + b"Content-Length: 40\r\n\r\ngrant_type=",
    "a body that asks before it comes": HEAD + b"Content-Length: 40\r\nExpect: 100-continue\r\n\r\n",
    "half a request behind a whole one": WHOLE + b"GET /login/ HTTP/1.1\r\nHost:",
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    """Waits for ten minutes: who is answered beside slow clients is not answered because they were cut."""
    yield from _server(tmp_path_factory.mktemp("patient"), request_seconds=600)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    yield from _server(tmp_path_factory.mktemp("strict"), request_seconds=1)


def _server(directory: Path, *, request_seconds: int) -> Iterator[Gatehouse]:
    server = start_gatehouse(
        directory,
        server_url=None,
        extra_env={"WEB_THREADS": str(THREADS), "WEB_REQUEST_SECONDS": str(request_seconds)},
    )
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log_tail(500)


def _connect(server: Gatehouse, *, wait_seconds: float = 30) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.env["PORT"])), timeout=wait_seconds)


def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    with connection.makefile("rb") as stream:
        return _read_answer(stream)


def _read_answer(stream: BinaryIO) -> tuple[int, dict[str, str], bytes]:
    """The final answer to one request, past the 100 (Continue) ones."""
    while True:
        status = int(stream.readline().split()[1])
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        if status >= 200:
            return status, headers, stream.read(int(headers.get("content-length", 0)))


def _ask(server: Gatehouse, request: bytes = WHOLE) -> tuple[int, dict[str, str], bytes]:
    with closing(_connect(server)) as connection:
        connection.sendall(request)
        return _answer(connection)


def _is_cut(connection: socket.socket) -> bool:
    """Reads to the end, which comes within the time-out of the connection."""
    try:
        while connection.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("kind", HALF)
def test_many_half_sent_requests_keep_nobody_out(patient: Gatehouse, kind: str) -> None:
    with ExitStack() as slow:
        for _ in range(MANY):
            slow.enter_context(closing(_connect(patient))).sendall(HALF[kind])
        for _ in range(2 * THREADS):
            assert _ask(patient)[0] == 200


READINGS = {
    "one answer each": (CSS, 1),
    "a large answer each": (FONT, 1),
    "hundreds of answers one after the other": (KEYS, 400),
    "pages one after the other": (LOGIN, 50),
}


def _connect_slowly(server: Gatehouse) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", int(server.env["PORT"])))
    return connection


@pytest.mark.parametrize("reading", READINGS)
def test_readers_that_stand_still_keep_nobody_out(patient: Gatehouse, reading: str) -> None:
    request, times_each = READINGS[reading]
    with ExitStack() as slow:
        for _ in range(MANY):
            connection = slow.enter_context(closing(_connect_slowly(patient)))
            connection.sendall(request * times_each)
        for _ in range(2 * THREADS):
            assert _ask(patient)[0] == 200


def test_reader_that_takes_its_time_gets_every_byte(patient: Gatehouse) -> None:
    whole = _ask(patient, FONT)[2]
    assert len(whole) > 200_000
    with closing(_connect_slowly(patient)) as connection:
        connection.sendall(FONT * 5)
        time.sleep(1)
        with connection.makefile("rb") as stream:
            for _ in range(5):
                assert _read_answer(stream)[2] == whole


@pytest.mark.parametrize("pause", [None, 0.3])
def test_reader_that_stands_still_or_sips_is_cut(strict: Gatehouse, pause: float | None) -> None:
    with closing(_connect_slowly(strict)) as connection:
        connection.sendall(FONT * 20)
        for _ in range(20):
            time.sleep(pause or 0.3)
            if pause is not None:
                connection.recv(100)
        assert _is_cut(connection)


@pytest.mark.parametrize("kind", HALF)
def test_half_sent_request_is_cut(strict: Gatehouse, kind: str) -> None:
    with closing(_connect(strict)) as connection:
        connection.sendall(HALF[kind])
        assert _is_cut(connection)


def test_request_that_drips_is_cut_however_steadily(strict: Gatehouse) -> None:
    with closing(_connect(strict)) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
        connection.settimeout(0.2)
        for _ in range(100):
            with contextlib.suppress(TimeoutError):
                status, headers, body = _answer(connection)
                assert (status, headers["content-type"]) == (408, "application/problem+json")
                assert json.loads(body)["code"] == "request_timeout"
                return
            connection.sendall(b"a")
    pytest.fail("A hundred bytes were waited for, one by one.")


@pytest.mark.spec("RFC 9112", "9.3.2")
def test_requests_sent_at_once_are_answered_in_order(patient: Gatehouse) -> None:
    body = b"grant_type=nothing"
    post = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    login = b"GET /login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with closing(_connect(patient)) as connection:
        connection.sendall(WHOLE + post + WHOLE + login)
        answers = b""
        while more := connection.recv(65_536):
            answers += more
    assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200", b"200"]


def test_connection_is_kept_for_the_next_request(patient: Gatehouse) -> None:
    with closing(_connect(patient)) as connection:
        for piece in (WHOLE, WHOLE[:20], WHOLE[20:], WHOLE):
            connection.sendall(piece)
            if piece != WHOLE[:20]:
                assert _answer(connection)[0] == 200
            else:
                time.sleep(0.2)


@pytest.mark.spec("RFC 9110", "10.1.1")
def test_body_that_waits_to_be_asked_for_is_asked_for(patient: Gatehouse) -> None:
    body = b"grant_type=nothing"
    with closing(_connect(patient)) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        with connection.makefile("rb") as stream:
            assert stream.readline().startswith(b"HTTP/1.1 400 ")  # and no second 100


@pytest.mark.spec("RFC 9110", "10.1.1")
@pytest.mark.parametrize("framing", ["Content-Length: 10001", "Content-Length: 99999999999"])
def test_body_that_is_too_long_is_refused_before_it_comes(patient: Gatehouse, framing: str) -> None:
    head = f"POST /login/ HTTP/1.1\r\nHost: localhost\r\n{framing}\r\nExpect: 100-continue\r\n\r\n"
    with closing(_connect(patient)) as connection:
        connection.sendall(head.encode())
        with connection.makefile("rb") as stream:
            assert stream.readline().startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 9_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000, 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request"),
        (b"GET /login/ HTTP/1.1\r\n\r\n", 400, "malformed_request"),
        (b"GET /.well-known/jwks.json HTTP/1.1\r\nAccept: */*\r\n\r\n", 400, "malformed_request"),
        (b"GET /static/css/gatehouse.css HTTP/1.1\r\n\r\n", 400, "malformed_request"),
        (b"nonsense\r\n\r\n", 400, "malformed_request"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400, "malformed_request"),
        (HEAD + b"Content-Length: x\r\n\r\n", 400, "malformed_request"),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, "malformed_request"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed_request"),
        (HEAD + b"Transfer-Encoding: rot13\r\n\r\n", 501, "transfer_coding_unknown"),
        (HEAD + b"Expect: miracles\r\n\r\n", 417, "expectation_failed"),
    ],
)
@pytest.mark.spec("RFC 9457", "3")
@pytest.mark.spec("RFC 9112", "3.2")
def test_what_is_no_request_of_ours_is_refused_in_our_format(
    patient: Gatehouse, request_bytes: bytes, status: int, code: str
) -> None:
    answered, headers, body = _ask(patient, request_bytes)
    assert (answered, headers["content-type"]) == (status, "application/problem+json")
    assert headers["connection"] == "close"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)


def test_old_client_may_name_no_host(patient: Gatehouse) -> None:
    status, _, _ = _ask(patient, b"GET /health HTTP/1.0\r\n\r\n")
    assert status == 200


def test_body_that_is_too_large_is_refused_readably_while_it_is_still_sent(patient: Gatehouse) -> None:
    size = 8_000_000
    with closing(_connect(patient)) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"a" * size)
        status, headers, _ = _answer(connection)
    assert (status, headers["connection"]) == (413, "close")


def test_server_stops_beside_slow_clients(tmp_path: Path) -> None:
    server = start_gatehouse(tmp_path, server_url=None, extra_env={"WEB_REQUEST_SECONDS": "600"})
    try:
        with ExitStack() as slow:
            for half in HALF.values():
                slow.enter_context(closing(_connect(server))).sendall(half)
            assert _ask(server)[0] == 200
            server.service.process.send_signal(signal.SIGTERM)
            assert server.service.process.wait(20) == 0
    finally:
        server.stop()
    assert "Traceback" not in server.log_tail(200)


def test_more_connections_than_are_kept_open_keep_nobody_out(patient: Gatehouse) -> None:
    beyond = 1_100  # gunicorn keeps 1,000 open
    with ExitStack() as slow:
        for _ in range(beyond):
            slow.enter_context(closing(_connect(patient))).sendall(b"G")
        assert _ask(patient)[0] == 200


def test_more_bytes_than_are_held_keep_nobody_out(patient: Gatehouse) -> None:
    almost = 2_400_000
    with ExitStack() as slow:
        for _ in range(40):  # together more than 64 MiB
            connection = slow.enter_context(closing(_connect(patient)))
            with contextlib.suppress(ConnectionError):
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % almost + b"a" * (almost - 1))
        assert _ask(patient)[0] == 200
