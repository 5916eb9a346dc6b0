"""An end for everything that goes on over some sockets."""

import socket
import threading
import time
from types import TracebackType
from typing import Self

from apps.core.http_errors import FetchTimedOut


class Deadline:
    """Ends every connection opened under it when the time is up, whatever it is doing.

    A timeout on the socket would start anew with each byte of a slow drip. A connection is cut through a
    duplicate of its socket, since TLS takes the original over in the middle of the handshake.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._expired = threading.Event()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    @property
    def has_passed(self) -> bool:
        return self._expired.is_set() or time.monotonic() >= self._ends_at

    def remaining(self) -> float:
        """Seconds left. Raises: FetchTimedOut."""
        left = self._ends_at - time.monotonic()
        if left <= 0 or self._expired.is_set():
            raise FetchTimedOut("the deadline passed")
        return left

    def watch(self, opened: socket.socket) -> None:
        with self._lock:
            self._sockets.append(opened.dup())
        if self.has_passed:
            self._expire()

    def _expire(self) -> None:
        self._expired.set()
        with self._lock:
            for watched in self._sockets:
                try:
                    watched.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was quicker
