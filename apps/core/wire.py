"""One connection as a thread sees it: what it sends is kept for whoever reads slowly, and never waited for long.

The socket never blocks. A thread hands over what it has to say; what the reader does not take at once, the event loop
sends when there is room. A thread that says far more than is taken waits, until the event loop cuts the reader.
"""

import contextlib
import errno
import socket
from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import NoReturn

# What of one answer is kept for its reader; a thread that has more to say waits.
KEPT_BYTES = 8 * 1024 * 1024
# Slower readers, on average, are cut.
SLOWEST_BYTES_PER_SECOND = 16 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire:
    """Stands for the socket where gunicorn writes to it and closes it.

    `on_waiting` is called in the thread that wrote, when there is something for the event loop to send.
    """

    def __init__(self, sock: socket.socket, on_waiting: Callable[[], None]) -> None:
        sock.setblocking(False)
        self.socket = sock
        self._on_waiting = on_waiting
        self._changed = Condition()
        self._parts: deque[memoryview] = deque()
        self.size = 0
        self.is_cut = False
        self._since = 0.0
        self._progressed_at = 0.0
        self._sent = 0

    # What gunicorn calls ---------------------------------------------------------------------------------------------

    def fileno(self) -> int:
        return self.socket.fileno()

    def sendall(self, data: bytes) -> None:
        """Raises: BrokenPipeError, when the reader is gone or was cut."""
        with self._changed:
            if self.is_cut:
                _broken()
            rest = memoryview(data)
            if not self.size:
                rest = rest[self._send(rest) :]
            if not rest:
                return
            self._parts.append(memoryview(bytes(rest)))
            self.size += len(rest)
        self._on_waiting()
        with self._changed:
            self._changed.wait_for(lambda: self.is_cut or self.size <= KEPT_BYTES)
            if self.is_cut:
                _broken()

    def send(self, data: bytes) -> int:
        # The event loop asks for each body that is wanted; of one that is too long, nobody does.
        if data != CONTINUE:
            self.sendall(data)
        return len(data)

    def recv(self, size: int) -> NoReturn:
        """A thread has all that it may read: what is not there was not waited for."""
        raise ConnectionResetError(errno.ECONNRESET, "The body was not read.")

    def setblocking(self, flag: bool) -> None:
        """Never."""

    def settimeout(self, seconds: float) -> None:
        """Nothing here waits."""

    def shutdown(self, how: int) -> None:
        """Gunicorn gives an answer up that broke off in the middle."""
        self.cut()

    def close(self) -> None:
        self.cut()

    # What the event loop calls ---------------------------------------------------------------------------------------

    def ask_for_body(self) -> None:
        """100 (Continue), in place of gunicorn's. Raises: OSError, when the reader is gone."""
        with contextlib.suppress(BlockingIOError):
            if self.socket.send(CONTINUE) != len(CONTINUE):
                _broken()

    def flush(self, *, now: float) -> bool:
        """Sends what there is room for; whether nothing is left."""
        with self._changed:
            try:
                before = self.size
                while self._parts and (count := self._send(self._parts[0])):
                    self.size -= count
                    part = self._parts.popleft()[count:]
                    if part:
                        self._parts.appendleft(part)
            except BrokenPipeError:
                return True
            if self.size < before:
                self._sent += before - self.size
                self._progressed_at = now
            self._changed.notify_all()
            return not self.size

    def note_waiting(self, *, now: float) -> None:
        """The reader's time begins: there is something that it did not take."""
        self._since = self._progressed_at = now
        self._sent = 0

    def is_too_slow(self, *, now: float, patience: float) -> bool:
        elapsed = now - self._since
        is_standing_still = now - self._progressed_at > patience
        return is_standing_still or self._sent < SLOWEST_BYTES_PER_SECOND * (elapsed - patience)

    def cut(self) -> None:
        """Nothing more is sent, and nobody waits for it."""
        with self._changed:
            self.is_cut = True
            self._parts.clear()
            self.size = 0
            self._changed.notify_all()

    def destroy(self) -> None:
        self.cut()
        self.socket.close()

    def _send(self, data: memoryview) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self.is_cut = True
            self._parts.clear()
            self.size = 0
            self._changed.notify_all()
            _broken()


def _broken() -> NoReturn:
    raise BrokenPipeError(errno.EPIPE, "The reader is gone.")
