"""Readers follow the log in seal order and deal with each event once, whatever fails or dies on the way."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import OperationalError, connection, transaction

from apps.audit.events import AuditLogAction
from apps.audit.models import AuditEvent, ReaderCursor, SealBatch, SealedEvent, SetAsideEvent
from apps.audit.ports import SYSTEM, LoggedEvent, LogReader, readers
from apps.audit.selectors import reader_states
from apps.audit.services.reading import read_on
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.setting_aside import hand_in, set_failed_event_aside, try_again
from apps.audit.services.waking import READ_LOG, wake_readers
from apps.audit.tasks import read_audit_log, seal_audit_log
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group
from tests.integration.audit.log_setup import (
    NOW,
    LogTestAction,
    record,
    record_many,
    run_sql,
    stored,
    triggers_dropped,
)

pytestmark = pytest.mark.django_db

NAME = "tests.reader"
HOUR = timedelta(hours=1)


def note(events: Sequence[LoggedEvent]) -> None:
    """A row for each event; the same event twice would break its uniqueness."""
    for event in events:
        Group.objects.create(name=f"{event.seal_number}", created_at=event.occurred_at)


def noted() -> list[int]:
    return sorted(int(name) for name in Group.objects.values_list("name", flat=True))


@contextmanager
def reader_of(
    handle: Callable[[Sequence[LoggedEvent]], None] = note,
    actions: frozenset[str] = frozenset({LogTestAction.DOOR_OPENED.value}),
) -> Iterator[LogReader]:
    reader = LogReader(name=NAME, title="Tests", actions=actions, handle=handle)
    with readers.replaced(reader):
        ReaderCursor.objects.get_or_create(name=NAME)
        yield reader


def cursor() -> ReaderCursor:
    return ReaderCursor.objects.get(name=NAME)


def seal(now: datetime = NOW + timedelta(minutes=1)) -> None:
    seal_pending(now=now)


def read_all(reader: LogReader, now: datetime = NOW + HOUR) -> None:
    while read_on(reader=reader, now=now):
        pass


def test_reader_gets_each_event_of_interest_once_and_in_seal_order(settings: Any) -> None:
    settings.AUDIT_READER_BATCH_SIZE = 3
    got: list[LoggedEvent] = []
    with reader_of(got.extend) as reader:
        written = record_many(7)
        record(action=AuditLogAction.LOG_VERIFIED, now=NOW + timedelta(seconds=1))
        seal()
        read_all(reader)
        read_all(reader)
    assert [event.id for event in got] == [event.id for event in written]
    assert [event.seal_number for event in got] == list(range(1, 8))
    assert got[0].details == {"reason": "test"}
    assert got[0].personal["after"] == {"open": True}
    assert cursor().position == 8


def test_unsealed_events_are_not_read() -> None:
    with reader_of() as reader:
        record_many(2)
        read_all(reader)
        assert noted() == []
        seal()
        record_many(2, start=NOW + timedelta(seconds=1))
        read_all(reader)
    assert noted() == [1, 2]


def test_event_that_commits_late_is_not_skipped() -> None:
    with reader_of() as reader:
        record_many(3, start=NOW + HOUR)
        seal(NOW + HOUR)
        read_all(reader)
        late = record(now=NOW)
        assert sweep_unsealed(now=NOW + 2 * HOUR) == 1
        read_all(reader, now=NOW + 2 * HOUR)
        assert SealedEvent.objects.get(event_id=late.pk).seal_number == 4
    assert noted() == [1, 2, 3, 4]


def test_event_at_fault_stops_the_reader_before_it_and_undoes_nothing_in_front() -> None:
    def handle(events: Sequence[LoggedEvent]) -> None:
        note(events)
        if any(event.seal_number == 5 for event in events):
            raise ValueError("not this one")

    with reader_of(handle) as reader:
        record_many(8)
        seal()
        assert not read_on(reader=reader, now=NOW)
        stopped = cursor()
        assert noted() == [1, 2, 3, 4]
        assert (stopped.position, stopped.failed_at_seal, stopped.failures) == (4, 5, 1)
        assert stopped.last_error == "ValueError"
        assert stopped.next_attempt_at is not None
        assert NOW + timedelta(seconds=10) <= stopped.next_attempt_at <= NOW + timedelta(seconds=12)
        read_all(reader, now=NOW + timedelta(seconds=9))
        assert cursor().failures == 1
        read_all(reader, now=NOW + timedelta(seconds=13))
    assert cursor().failures == 2
    assert noted() == [1, 2, 3, 4]


def test_reader_goes_on_by_itself_once_the_cause_is_mended() -> None:
    broken = [True]

    def handle(events: Sequence[LoggedEvent]) -> None:
        if broken[0]:
            raise ValueError
        note(events)

    with reader_of(handle) as reader:
        record_many(3)
        seal()
        read_all(reader, now=NOW)
        broken[0] = False
        read_all(reader)
    assert noted() == [1, 2, 3]
    assert (cursor().failures, cursor().last_error, cursor().next_attempt_at) == (0, "", None)


def test_error_of_the_database_rolls_back_everything_and_is_tried_again() -> None:
    failures = [True, True]

    def handle(events: Sequence[LoggedEvent]) -> None:
        note(events)
        if failures:
            failures.pop()
            raise OperationalError("the connection is lost")

    with reader_of(handle) as reader:
        record_many(4)
        seal()
        read_all(reader, now=NOW)
        assert noted() == []
        assert (cursor().position, cursor().failed_at_seal, cursor().last_error) == (
            0,
            None,
            "OperationalError",
        )
        read_all(reader, now=NOW + HOUR)
        read_all(reader, now=NOW + 2 * HOUR)
    assert noted() == [1, 2, 3, 4]


def stop_at_second(events: Sequence[LoggedEvent]) -> None:
    if any(event.seal_number == 2 for event in events):
        raise ValueError
    note(events)


def test_administrator_sets_the_event_aside_and_hands_it_in_later() -> None:
    with reader_of(stop_at_second) as reader:
        record_many(3)
        seal()
        read_all(reader, now=NOW)
        seen = cursor()
        assert set_failed_event_aside(
            cursor=seen, reason="Known fault 7", actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW
        )
        assert not set_failed_event_aside(
            cursor=seen, reason="x", actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW
        )
        read_all(reader, now=NOW)
        assert noted() == [1, 3]
    row = SetAsideEvent.objects.get()
    assert (row.reader, row.seal_number, row.error, row.reason) == (NAME, 2, "ValueError", "Known fault 7")
    event = AuditEvent.objects.get(action=AuditLogAction.READER_EVENT_SET_ASIDE)
    assert (event.target_kind, event.target_id) == ("log_reader", NAME)
    assert event.details == {"seal_number": 2, "error": "ValueError"}
    assert isinstance(event.personal, dict)
    assert event.personal["after"] == {"reason": "Known fault 7"}
    with reader_of(stop_at_second):
        assert not hand_in(event=row, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    row.refresh_from_db()
    assert row.handed_in_at is None
    with reader_of():
        assert hand_in(event=row, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
        assert not hand_in(event=row, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert noted() == [1, 2, 3]
    handed_in = AuditEvent.objects.filter(action=AuditLogAction.READER_EVENT_HANDED_IN).order_by("id")
    assert sorted(handed_in.values_list("outcome", flat=True)) == ["refused", "success"]


def test_administrator_has_the_reader_try_again_at_once() -> None:
    with reader_of(stop_at_second) as reader:
        record_many(3)
        seal()
        read_all(reader, now=NOW)
        assert try_again(cursor=cursor(), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
        assert not try_again(cursor=cursor(), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    with reader_of() as reader:
        read_all(reader, now=NOW)
    assert noted() == [1, 2, 3]
    assert AuditEvent.objects.filter(action=AuditLogAction.READER_TRIED_AGAIN).count() == 1


def test_event_that_cannot_be_read_is_set_aside_and_keeps_nobody_waiting() -> None:
    if connection.vendor == "postgresql":
        column, value = "occurred_at", "4713-01-01 00:00:00+00 BC"
    else:
        column, value = "details", '{"a": 1, "a": 2}'
    with reader_of() as reader:
        written = record_many(3)
        seal()
        with triggers_dropped():
            run_sql(f"UPDATE audit_event SET {column} = %s WHERE id = %s", value, stored(written[1]))  # noqa: S608
        read_all(reader)
    assert noted() == [1, 3]
    row = SetAsideEvent.objects.get()
    assert (row.seal_number, row.event_id, row.error) == (2, written[1].pk, "Unreadable")


def test_state_says_how_far_behind_and_since_when() -> None:
    with reader_of() as reader:
        record_many(3)
        seal()
        (state,) = reader_states()
        assert (state.behind, state.since) == (3, SealBatch.objects.get().sealed_at)
        read_all(reader)
        (state,) = reader_states()
        assert (state.behind, state.since, state.has_failed) == (0, None, False)


@pytest.mark.django_db(transaction=True)
def test_sealing_wakes_readers_that_are_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_options: sent.append((name, args)))
    with reader_of():
        record_many(2)
        seal_audit_log()
        assert sent == [(READ_LOG, [NAME])]
        read_audit_log(NAME)
        assert noted() == [1, 2]
        seal_audit_log()
        wake_readers(now=NOW + HOUR)
    assert sent == [(READ_LOG, [NAME])]


@pytest.mark.django_db(transaction=True)
def test_broker_that_is_away_costs_only_the_wake_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", refuse)
    with reader_of() as reader:
        record_many(2)
        seal_audit_log()
        read_all(reader)
    assert noted() == [1, 2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.soak
def test_runners_sealers_and_writers_at_once_deal_with_each_event_once(settings: Any) -> None:
    settings.AUDIT_READER_BATCH_SIZE = 7
    writers_left, lock = [3], threading.Lock()

    def write(number: int) -> None:
        try:
            for step in range(25):
                # Longer transactions commit behind what others have sealed meanwhile.
                with transaction.atomic():
                    for _ in range(1 + step % 4):
                        record(now=NOW + timedelta(milliseconds=step * 10 + number))
        finally:
            with lock:
                writers_left[0] -= 1
            connection.close()

    def run(reader: LogReader | None) -> None:
        try:
            is_last = False
            while not is_last:
                is_last = not writers_left[0]
                if reader is None:
                    sweep_unsealed(now=NOW + HOUR, batch_size=10)
                else:
                    read_on(reader=reader, now=NOW + HOUR)
        finally:
            connection.close()

    with reader_of() as reader, ThreadPoolExecutor(6) as pool:
        work = [pool.submit(write, number) for number in range(3)]
        work += [pool.submit(run, one) for one in (None, reader, reader)]
        for one in work:
            one.result()
        sweep_unsealed(now=NOW + HOUR)
        read_all(reader)
        count = AuditEvent.objects.count()
    assert noted() == list(range(1, count + 1))
    assert (cursor().position, cursor().failures) == (count, 0)


@pytest.mark.django_db(transaction=True)
def test_second_runner_leaves_at_once_while_the_first_works() -> None:
    """On SQLite it waits for its turn to write, and finds nothing left."""
    is_inside, may_go_on = threading.Event(), threading.Event()

    def handle(events: Sequence[LoggedEvent]) -> None:
        is_inside.set()
        assert may_go_on.wait(timeout=60)
        note(events)

    def second() -> bool:
        try:
            return read_on(reader=reader, now=NOW + HOUR)
        finally:
            connection.close()

    def first() -> None:
        try:
            read_all(reader)
        finally:
            connection.close()

    with reader_of(handle) as reader, ThreadPoolExecutor(2) as pool:
        record_many(4)
        seal()
        working = pool.submit(first)
        assert is_inside.wait(timeout=60)
        other = pool.submit(second)
        if connection.vendor == "postgresql":
            assert other.result(timeout=60) is False
        may_go_on.set()
        working.result(timeout=60)
        other.result(timeout=60)
    assert noted() == [1, 2, 3, 4]
