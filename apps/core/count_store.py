"""Counts that all processes of one web server add to, and any of them reads: memory that forks share.

Each process adds in a slot of its own, so that nobody waits for anybody, and no process that is killed leaves a lock
behind. Whoever takes the slot of one that ended goes on with its counts: totals never go back while the server runs.
"""

import mmap
import struct
import threading

import structlog

log = structlog.get_logger(__name__)

Series = tuple[str, ...]
"""The name of a metric, then the values of its labels."""
SLOT_BYTES = 1024 * 1024
# A slot begins with how much of it is used; an entry with how long its name is; names are padded, so that every number
# lies at a multiple of its own size, where it is written at once or not at all.
USED = struct.Struct("=Q")
LENGTH = struct.Struct("=Q")
NUMBER = struct.Struct("=d")
SEPARATOR = "\x1f"


class CountStore:
    def __init__(self, *, slots: int = 1, slot_bytes: int = SLOT_BYTES) -> None:
        self._slots, self._slot_bytes = slots, slot_bytes
        # Anonymous: a page that nobody writes to costs nothing.
        self._memory = mmap.mmap(-1, slots * slot_bytes)
        self._numbers = memoryview(self._memory).cast("B").cast("d")
        self.use_slot(0)

    def use_slot(self, slot: int) -> None:
        """Called in a process before it counts anything."""
        self._slot = slot % self._slots
        # Another thread of the process before the fork may have held the old one.
        self._lock = threading.Lock()
        self._places = dict(self._entries(self._slot))
        self._is_full = False

    def add(self, series: Series, amount: float = 1.0) -> None:
        with self._lock:
            place = self._places.get(series)
            if place is None:
                place = self._open(series)
                if place is None:
                    return
            self._numbers[place] += amount

    def totals(self) -> dict[Series, float]:
        """Of all processes, those that have ended too."""
        found: dict[Series, float] = {}
        for slot in range(self._slots):
            for series, place in self._entries(slot):
                found[series] = found.get(series, 0.0) + self._numbers[place]
        return found

    def _open(self, series: Series) -> int | None:
        start = self._slot * self._slot_bytes
        used = USED.unpack_from(self._memory, start)[0] or USED.size
        name = SEPARATOR.join(series).encode()
        padded = name + b"\0" * (-len(name) % NUMBER.size)
        end = used + LENGTH.size + len(padded) + NUMBER.size
        if end > self._slot_bytes:
            if not self._is_full:
                log.error("metrics_full", metric=series[0])
            self._is_full = True
            return None
        LENGTH.pack_into(self._memory, start + used, len(name))
        at = start + used + LENGTH.size
        self._memory[at : at + len(padded)] = padded
        NUMBER.pack_into(self._memory, at + len(padded), 0.0)
        # Last: what a process that is killed did not finish is not there.
        USED.pack_into(self._memory, start, end)
        place = self._places[series] = (at + len(padded)) // NUMBER.size
        return place

    def _entries(self, slot: int) -> list[tuple[Series, int]]:
        start = slot * self._slot_bytes
        position, end = start + USED.size, start + USED.unpack_from(self._memory, start)[0]
        found = []
        while position < end:
            length = LENGTH.unpack_from(self._memory, position)[0]
            at = position + LENGTH.size
            name = self._memory[at : at + length].decode()
            number_at = at + length + -length % NUMBER.size
            found.append((tuple(name.split(SEPARATOR)), number_at // NUMBER.size))
            position = number_at + NUMBER.size
        return found


class Counts:
    """The store of this process: its own until a server makes one that its workers share."""

    def __init__(self) -> None:
        self.store = CountStore()

    def share(self, *, slots: int) -> None:
        """Called once in the process that forks, before it does."""
        self.store = CountStore(slots=slots)

    def add(self, series: Series, amount: float = 1.0) -> None:
        self.store.add(series, amount)


counts = Counts()
