"""The worker of `manage.py serve`: a thread is given to a request only when it has arrived whole.

Gunicorn's threaded worker reads requests in its threads: as many half-sent ones as there are threads keep everybody
out. Here the event loop gathers them, cuts those that take too long, and waits for slow closers. Everything else is
gunicorn's. What is overridden is pinned by the locked version and held by tests/integration/core/test_slow_clients.py.
"""

import contextlib
import itertools
import json
import selectors
import socket
import struct
import time
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from gunicorn.http import Request, errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from apps.core.arrival import Arrival, Stage
from apps.core.problem import problem

READ_BYTES = 65_536
# Answers up to this size leave the thread at once, however slowly they are read.
SEND_BUFFER_BYTES = 262_144
# Of all requests of one process that are arriving or wait for a thread.
HELD_BYTES = 64 * 1024 * 1024
CLOSING_SECONDS = 2.0

ANSWERS: dict[type[BaseException], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ParseException: HTTPStatus.BAD_REQUEST,
}
WORDS = {
    HTTPStatus.BAD_REQUEST: ("malformed_request", "This is not a well-formed HTTP request."),
    HTTPStatus.REQUEST_TIMEOUT: (
        "request_timeout",
        "The request did not arrive whole in time. Send it again.",
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: (
        "uri_too_long",
        "The address is too long. Send long parameters by POST.",
    ),
    HTTPStatus.EXPECTATION_FAILED: ("expectation_failed", "Only 100-continue can be expected."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("headers_too_large", "The header fields are too large."),
    HTTPStatus.NOT_IMPLEMENTED: ("transfer_coding_unknown", "This transfer coding is not known here."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("internal_error", "Something went wrong on our side."),
}
REFUSED_AT = {
    Stage.LINE_TOO_LONG: HTTPStatus.REQUEST_URI_TOO_LONG,
    Stage.HEAD_TOO_LARGE: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
}


class WebWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_seconds = float(settings.SERVE["request_seconds"])
        # Both in the order of their deadlines, which is that of their coming: all are given the same time.
        self._arriving: dict[TConn, Arrival] = {}
        self._closing: dict[TConn, None] = {}
        self._unread: set[TConn] = set()
        self._held: dict[TConn, int] = {}
        self._held_bytes = 0

    # Coming in -------------------------------------------------------------------------------------------------------

    def enqueue_req(self, conn: TConn) -> None:
        """Gather the next request of this connection. Called where gunicorn would hand it to a thread."""
        self._make_room()
        arrival = Arrival(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        self._arriving[conn] = arrival
        conn.timeout = time.monotonic() + (self.request_seconds if self.alive else CLOSING_SECONDS)
        conn.sock.setblocking(False)
        if conn.parser is None:
            _limit_waiting(conn.sock, self.request_seconds)
        else:
            # What came behind the request before.
            arrival.feed(conn.parser.unreader.take_buffered())  # type: ignore[union-attr]
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._gather, conn))
        self._gather(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        # Room may have been made of it by an event of the same turn.
        if conn in self.keepalived_conns:
            super().on_client_socket_readable(conn, client)

    def _gather(self, conn: TConn, _sock: object = None) -> None:
        arrival = self._arriving.get(conn)
        if arrival is None:
            return
        try:
            while arrival.is_waited_for:
                more = conn.sock.recv(READ_BYTES)
                if not more:
                    self._drop(conn)
                    return
                was = arrival.stage
                arrival.feed(more)
                if was is Stage.HEAD and arrival.stage is Stage.BODY and arrival.expects_continue:
                    conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        except BlockingIOError:
            self._hold(conn, len(arrival.data))
            self._make_room()
        except OSError:
            self._drop(conn)
        else:
            self._hold(conn, len(arrival.data))
            self._forget(conn)
            if arrival.stage in REFUSED_AT:
                self._refuse(conn, REFUSED_AT[arrival.stage])
            else:
                self._hand_over(conn, arrival)

    def _hand_over(self, conn: TConn, arrival: Arrival) -> None:
        if arrival.stage is Stage.UNREAD:
            self._unread.add(conn)
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(arrival.data))  # type: ignore[union-attr]
        super().enqueue_req(conn)

    def _make_room(self) -> None:
        """Where too much is open or held: who waits for nothing goes first, then who has been coming for longest."""
        while self.nr_conns >= self.worker_connections:
            if self._closing:
                self._close(next(iter(self._closing)))
            elif self.keepalived_conns:
                self._close(self.keepalived_conns.popleft())
            elif self._arriving:
                self._drop(next(iter(self._arriving)))
            else:
                break
        while self._held_bytes > HELD_BYTES and self._arriving:
            self._drop(next(iter(self._arriving)))

    def _hold(self, conn: TConn, size: int) -> None:
        self._held_bytes += size - self._held.pop(conn, 0)
        if size:
            self._held[conn] = size

    def _forget(self, conn: TConn) -> None:
        del self._arriving[conn]
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self._close(conn)

    # Being answered --------------------------------------------------------------------------------------------------

    def handle_request(self, req: Request, conn: TConn) -> bool:
        if conn in self._unread:
            req.force_close()
        try:
            return super().handle_request(req, conn)
        except BlockingIOError:
            self.log.info("Cut an answer that was not read for %s seconds.", self.request_seconds)
            return False

    def handle_error(self, req: Request | None, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Gunicorn's own refusals, in this product's format and without what was sent."""
        status = next(
            (answer for kind, answer in ANSWERS.items() if isinstance(exc, kind)),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("Error handling request", exc_info=exc)
        else:
            self.log.info("Refused a request: %s", type(exc).__name__)
        with contextlib.suppress(OSError):
            client.sendall(_answer(status))

    # Going out -------------------------------------------------------------------------------------------------------

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        self._unread.discard(conn)
        self._hold(conn, 0)
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self._close_slowly(conn)

    def _refuse(self, conn: TConn, status: HTTPStatus) -> None:
        with contextlib.suppress(OSError):
            conn.sock.send(_answer(status))
        self._close_slowly(conn)

    def _close_slowly(self, conn: TConn) -> None:
        """Say that nothing more comes, then read on for a moment: closing at once would take the answer back
        from a client that is still sending. Spec: RFC 9112 §9.6."""
        self._hold(conn, 0)
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read_out, conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
        else:
            conn.timeout = time.monotonic() + CLOSING_SECONDS
            self._closing[conn] = None

    def _read_out(self, conn: TConn, _sock: object = None) -> None:
        if conn not in self._closing:
            return
        try:
            is_gone = not conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_gone = True
        if is_gone:
            self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._hold(conn, 0)
        self._closing.pop(conn, None)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    # The clock -------------------------------------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """Called by gunicorn's loop at least once a second: cut what takes too long."""
        now = time.monotonic()
        for conn in _overdue(self._arriving, now):
            if self._arriving[conn].data:
                self._forget(conn)
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn)
        for conn in _overdue(self._closing, now):
            self._close(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called once when the worker stops: nobody is waited for any longer than `deadline`."""
        super()._cap_keepalive(deadline)  # type: ignore[misc]  # newer than its stubs
        for conn in self._arriving:
            conn.timeout = min(conn.timeout or deadline, deadline)


def _overdue(conns: Iterable[TConn], now: float) -> list[TConn]:
    return list(itertools.takewhile(lambda conn: (conn.timeout or 0) <= now, conns))


def _limit_waiting(sock: socket.socket, seconds: float) -> None:
    """For the blocking calls of the thread: reading what was left unread, and sending to who does not read."""
    limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def _answer(status: HTTPStatus) -> bytes:
    code, detail = WORDS[status]
    body = json.dumps(problem(code, status, detail)).encode()
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n"
        "\r\n"
    ).encode() + body
