"""Counts that processes share: none is lost, none goes back, and nobody who is killed leaves a mess."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.core.count_store import CountStore

REQUESTS = ("requests", "oauth:token", "2xx")


def in_a_fork(work: Callable[[], None]) -> int:
    """Runs it in a child of this process, and gives how that ended."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_threads_lose_nothing() -> None:
    store = CountStore()

    def add_many(_: int) -> None:
        for _ in range(2_000):
            store.add(REQUESTS)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_many, range(8)))
    assert store.totals() == {REQUESTS: 16_000}


def test_processes_add_up() -> None:
    store = CountStore(slots=3)
    for slot in range(3):

        def work(slot: int = slot) -> None:
            store.use_slot(slot)
            for _ in range(1_000):
                store.add(REQUESTS)
            store.add(("only", str(slot)), 0.5)

        assert in_a_fork(work) == 0
    assert store.totals()[REQUESTS] == 3_000
    assert store.totals()["only", "2"] == 0.5


def test_successor_goes_on_where_a_killed_process_stopped() -> None:
    store = CountStore(slots=2)

    def killed() -> None:
        store.use_slot(1)
        store.add(REQUESTS, 5)
        os.kill(os.getpid(), signal.SIGKILL)

    def successor() -> None:
        store.use_slot(1)
        store.add(REQUESTS, 2)
        store.add(("new",))

    assert in_a_fork(killed) == signal.SIGKILL
    assert store.totals() == {REQUESTS: 5}
    assert in_a_fork(successor) == 0
    assert store.totals() == {REQUESTS: 7, ("new",): 1}


def test_process_killed_while_it_adds_leaves_nothing_half_done() -> None:
    for number in range(20):
        store = CountStore(slots=2)
        child = os.fork()
        if child == 0:
            store.use_slot(1)
            for each in range(10_000_000):
                store.add(("series", str(each % 5_000)))
        while not store.totals():
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        totals = store.totals()
        assert all(series[0] == "series" and total >= 0 for series, total in totals.items()), number
        store.use_slot(1)
        store.add(("series", "0"))
        assert store.totals()["series", "0"] == totals["series", "0"] + 1


def test_more_processes_than_slots_still_count() -> None:
    store = CountStore(slots=2)
    store.use_slot(5)
    store.add(REQUESTS)
    assert store.totals() == {REQUESTS: 1}


def test_what_does_not_fit_is_left_out_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    store = CountStore(slots=2, slot_bytes=256)
    for number in range(50):
        store.add(("series", str(number)))
    store.add(("series", "0"))
    totals = store.totals()
    assert 0 < len(totals) < 20
    assert totals["series", "0"] == 2
    assert caplog.text.count("metrics_full") == 1


def test_any_label_comes_back_as_it_was() -> None:
    store = CountStore()
    series = ("requests", "", "admin:directory_user_changelist", "Zürich", 'quo"te\n')
    store.add(series, 1.5)
    assert store.totals() == {series: 1.5}
