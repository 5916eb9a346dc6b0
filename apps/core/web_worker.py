"""The worker of `manage.py serve`: a thread is given to a request only when it has arrived whole.

Gunicorn's threaded worker reads requests and sends answers in its threads: as many half-sent requests or slow readers
as there are threads keep everybody out. Here the event loop gathers requests, sends what readers do not take at once,
and cuts those that take too long. Everything else is gunicorn's. What is overridden is pinned by the locked version
and held by tests/integration/core/test_slow_clients.py.
"""

import contextlib
import itertools
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from typing import Any

from django.conf import settings
from gunicorn.http import Request, errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from apps.core.arrival import Arrival, Stage
from apps.core.body_limits import longest_body
from apps.core.problem import problem
from apps.core.wire import Wire

READ_BYTES = 65_536
# Of all requests of one process that are arriving or wait for a thread; and of all answers that wait for their readers.
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


class Connection(TConn):
    sock: Wire  # type: ignore[assignment]  # as far as gunicorn uses it

    def close(self, graceful: bool = False) -> None:
        self.sock.destroy()


class WebWorker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_seconds = float(settings.SERVE["request_seconds"])
        # Both in the order of their deadlines, which is that of their coming: all are given the same time.
        self._arriving: dict[Connection, Arrival] = {}
        self._closing: dict[Connection, None] = {}
        # With what comes when all is sent; None while the thread is not done.
        self._sending: dict[Connection, Callable[[], None] | None] = {}
        self._unread: set[Connection] = set()
        self._held: dict[Connection, int] = {}
        self._held_bytes = 0

    # Coming in -------------------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        wire = Wire(sock, lambda: self.method_queue.defer(self._send_on, conn))
        conn = Connection(self.cfg, wire, address, listener.getsockname())  # type: ignore[arg-type]  # see there
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Connection) -> None:  # type: ignore[override]  # all connections are ours
        """Gather the next request of this connection. Called where gunicorn would hand it to a thread."""
        self._make_room()
        arrival = Arrival(longest_body)
        self._arriving[conn] = arrival
        conn.timeout = time.monotonic() + self._patience
        if conn.parser is not None:
            # What came behind the request before.
            arrival.feed(conn.parser.unreader.take_buffered())  # type: ignore[union-attr]
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._gather, conn))
        self._gather(conn)

    @property
    def _patience(self) -> float:
        return self.request_seconds if self.alive else CLOSING_SECONDS

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        # Room may have been made of it by an event of the same turn.
        if conn in self.keepalived_conns:
            super().on_client_socket_readable(conn, client)

    def _gather(self, conn: Connection, _sock: object = None) -> None:
        arrival = self._arriving.get(conn)
        if arrival is None:
            return
        try:
            while arrival.is_waited_for:
                more = conn.sock.socket.recv(READ_BYTES)
                if not more:
                    self._drop(conn)
                    return
                was = arrival.stage
                arrival.feed(more)
                if was is Stage.HEAD and arrival.stage is Stage.BODY and arrival.expects_continue:
                    conn.sock.ask_for_body()
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

    def _hand_over(self, conn: Connection, arrival: Arrival) -> None:
        if arrival.stage is Stage.UNREAD:
            self._unread.add(conn)
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(arrival.data))  # type: ignore[union-attr]
        super().enqueue_req(conn)

    def _make_room(self) -> None:
        """Where too much is open or held: who waits for nothing goes first, then who has taken longest."""
        while self.nr_conns >= self.worker_connections:
            if self._closing:
                self._close(next(iter(self._closing)))
            elif self.keepalived_conns:
                self._close(self.keepalived_conns.popleft())  # type: ignore[arg-type]  # all are ours
            elif self._arriving:
                self._drop(next(iter(self._arriving)))
            elif waiting := self._cuttable():
                self._cut(waiting[0])
            else:
                break
        while self._held_bytes > HELD_BYTES and self._arriving:
            self._drop(next(iter(self._arriving)))
        unsent = sum(conn.sock.size for conn in self._sending)
        for conn in list(self._sending):
            if unsent <= HELD_BYTES:
                break
            unsent -= conn.sock.size
            self._cut(conn)

    def _cuttable(self) -> list[Connection]:
        """Readers whose answer is made: cutting them closes the connection at once."""
        return [conn for conn, then in self._sending.items() if then is not None]

    def _hold(self, conn: Connection, size: int) -> None:
        self._held_bytes += size - self._held.pop(conn, 0)
        if size:
            self._held[conn] = size

    def _forget(self, conn: Connection) -> None:
        del self._arriving[conn]
        self._unregister(conn)

    def _unregister(self, conn: Connection) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        self._close(conn)

    # Being answered --------------------------------------------------------------------------------------------------

    def handle_request(self, req: Request, conn: TConn) -> bool:
        if req.version == (1, 1) and not any(name == "HOST" for name, _ in req.headers):
            raise errors.InvalidHeader("HOST", req)  # RFC 9112 §3.2
        if conn in self._unread:
            req.force_close()
        return super().handle_request(req, conn)

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

    # Being sent ------------------------------------------------------------------------------------------------------

    def _send_on(self, conn: Connection) -> None:
        """The reader did not take all of it at once."""
        if conn.sock.size and conn not in self._sending:
            self._sending[conn] = None
            conn.sock.note_waiting(now=time.monotonic())
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._flush, conn))
            self._make_room()

    def _flush(self, conn: Connection, _sock: object = None) -> None:
        if conn in self._sending and conn.sock.flush(now=time.monotonic()):
            self._unregister(conn)
            then = self._sending.pop(conn)
            if then is not None:
                then()

    def _when_sent(self, conn: Connection, then: Callable[[], None]) -> None:
        """No next request of this connection gets a thread, and no end comes, before the reader has the answer."""
        self._send_on(conn)
        if conn in self._sending:
            self._sending[conn] = then
        elif conn.sock.is_cut:
            self._close(conn)
        else:
            then()

    def _cut(self, conn: Connection) -> None:
        self._unregister(conn)
        then = self._sending.pop(conn)
        conn.sock.cut()
        if then is not None:
            self._close(conn)

    # Going out -------------------------------------------------------------------------------------------------------

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:  # type: ignore[override]  # see enqueue_req
        self._unread.discard(conn)
        self._hold(conn, 0)
        if conn.sock.is_cut:
            if conn in self._sending:
                self._cut(conn)
            self._close(conn)
        elif not fs.cancelled() and fs.exception() is None and fs.result():
            self._when_sent(conn, partial(super().finish_request, conn, fs))
        else:
            self._when_sent(conn, partial(self._close_slowly, conn))

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        with contextlib.suppress(OSError):
            conn.sock.sendall(_answer(status))
        self._when_sent(conn, partial(self._close_slowly, conn))

    def _close_slowly(self, conn: Connection) -> None:
        """Say that nothing more comes, then read on for a moment: closing at once would take the answer back
        from a client that is still sending. Spec: RFC 9112 §9.6."""
        self._hold(conn, 0)
        try:
            conn.sock.socket.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read_out, conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
        else:
            conn.timeout = time.monotonic() + CLOSING_SECONDS
            self._closing[conn] = None

    def _read_out(self, conn: Connection, _sock: object = None) -> None:
        if conn not in self._closing:
            return
        try:
            is_gone = not conn.sock.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_gone = True
        if is_gone:
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        self._hold(conn, 0)
        self._closing.pop(conn, None)
        self._unregister(conn)
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
        for conn in list(self._sending):
            if conn.sock.is_too_slow(now=now, patience=self._patience):
                self.log.info("Cut a reader that was too slow.")
                self._cut(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called once when the worker stops: nobody is waited for any longer than `deadline`."""
        super()._cap_keepalive(deadline)  # type: ignore[misc]  # newer than its stubs
        for conn in self._arriving:
            conn.timeout = min(conn.timeout or deadline, deadline)


def _overdue(conns: Iterable[Connection], now: float) -> list[Connection]:
    return list(itertools.takewhile(lambda conn: (conn.timeout or 0) <= now, conns))


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
