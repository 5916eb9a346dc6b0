"""Going on without what does not answer, instead of waiting for it each time."""

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Of one process. After a time-out nobody asks for `rest_seconds`; then one does, and the others when it was
    answered."""

    def __init__(self, *, rest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rest_seconds = rest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._is_resting = False
        self._rests_until = 0.0

    def lets_ask(self) -> bool:
        if not self._is_resting:
            return True
        with self._lock:
            now = self._clock()
            if now < self._rests_until:
                return False
            self._rests_until = now + self.rest_seconds
            return True

    def note_answer(self) -> None:
        self._is_resting = False

    def note_time_out(self) -> None:
        with self._lock:
            self._rests_until = self._clock() + self.rest_seconds
            self._is_resting = True
