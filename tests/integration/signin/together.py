"""Many threads that begin at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(tries: Sequence[Callable[[], T]]) -> list[T]:
    barrier = Barrier(len(tries))

    def run(one: Callable[[], T]) -> T:
        try:
            barrier.wait(timeout=60)
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(tries)) as pool:
        return list(pool.map(run, tries))
