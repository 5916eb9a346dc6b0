"""What a thread sends to a slow reader: kept up to a limit, waited for up to a patience, and never lost or doubled."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from apps.core.wire import CONTINUE, KEPT_BYTES, SLOWEST_BYTES_PER_SECOND, Wire


class Ends:
    def __init__(self) -> None:
        ours, self.reader = socket.socketpair()
        self.reader.settimeout(10)
        self.notices = 0
        self.wire = Wire(ours, self.notice)

    def notice(self) -> None:
        self.notices += 1

    def read(self, size: int) -> bytes:
        """As the event loop and a reader would, in turns."""
        read = b""
        while len(read) < size:
            self.wire.flush(now=0)
            read += self.reader.recv(1_000_000)
        return read


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.wire.destroy()
    ends.reader.close()


def test_what_the_reader_takes_at_once_is_not_kept(ends: Ends) -> None:
    ends.wire.sendall(b"answer")
    assert (ends.wire.size, ends.notices) == (0, 0)
    assert ends.reader.recv(100) == b"answer"


def test_what_the_reader_does_not_take_is_kept_and_sent_in_order(ends: Ends) -> None:
    parts = [bytes([number]) * 100_000 for number in range(30)]
    for part in parts:
        ends.wire.sendall(part)
    assert ends.wire.size > 0
    assert ends.notices > 0
    assert ends.read(3_000_000) == b"".join(parts)
    assert ends.wire.flush(now=0)
    assert ends.wire.size == 0


def _send_far_more(ends: Ends, pool: ThreadPoolExecutor) -> "Future[None]":
    def send() -> None:
        for number in range(3):
            ends.wire.sendall(bytes([number]) * KEPT_BYTES)

    return pool.submit(send)


def test_thread_that_says_far_more_waits_until_there_is_room(ends: Ends) -> None:
    with ThreadPoolExecutor(1) as pool:
        sending = _send_far_more(ends, pool)
        with pytest.raises(TimeoutError):
            sending.result(timeout=0.5)
        assert ends.wire.size <= 2 * KEPT_BYTES
        assert ends.read(3 * KEPT_BYTES) == b"".join(bytes([number]) * KEPT_BYTES for number in range(3))
        sending.result(timeout=10)


def test_cutting_the_reader_frees_the_thread(ends: Ends) -> None:
    with ThreadPoolExecutor(1) as pool:
        sending = _send_far_more(ends, pool)
        with pytest.raises(TimeoutError):
            sending.result(timeout=0.5)
        ends.wire.cut()
        with pytest.raises(BrokenPipeError):
            sending.result(timeout=10)
    assert ends.wire.size == 0
    with pytest.raises(BrokenPipeError):
        ends.wire.sendall(b"more")


def test_reader_that_is_gone_is_noticed(ends: Ends) -> None:
    ends.wire.sendall(b"a" * 5_000_000)
    ends.reader.close()
    assert ends.wire.flush(now=0)
    assert ends.wire.is_cut
    with pytest.raises(BrokenPipeError):
        ends.wire.sendall(b"more")


def test_reader_is_too_slow_when_it_stands_still_or_sips(ends: Ends) -> None:
    wire, patience = ends.wire, 20.0
    wire.sendall(b"a" * 3_000_000)
    wire.note_waiting(now=100)
    assert not wire.is_too_slow(now=120, patience=patience)
    assert wire.is_too_slow(now=121, patience=patience)
    waiting = wire.size
    while wire.size == waiting:
        ends.reader.recv(10_000)
        wire.flush(now=121)
    assert not wire.is_too_slow(now=121, patience=patience)
    # A sip from time to time is not enough.
    taken = waiting - wire.size
    due = 120 + taken / SLOWEST_BYTES_PER_SECOND
    waiting = wire.size
    while wire.size == waiting:
        ends.reader.recv(10)
        wire.flush(now=due + 100)
    assert wire.is_too_slow(now=due + 100, patience=patience)


def test_body_is_asked_for_once(ends: Ends) -> None:
    ends.wire.ask_for_body()
    ends.wire.send(CONTINUE)
    ends.wire.sendall(b"and no second time")
    assert ends.reader.recv(100) == CONTINUE + b"and no second time"


def test_body_that_nobody_asked_for_is_not_wanted(ends: Ends) -> None:
    ends.wire.send(CONTINUE)
    ends.wire.sendall(b"an answer")
    assert ends.reader.recv(100) == b"an answer"


def test_thread_never_waits_for_what_did_not_arrive(ends: Ends) -> None:
    with pytest.raises(ConnectionResetError):
        ends.wire.recv(1)
