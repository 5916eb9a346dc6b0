"""Readers of the log: each goes through it in seal order, once, from its first event on.

The row of the reader's cursor is locked, what the reader does with a batch and the move of the cursor are one
transaction, and seal numbers have no gaps: an event that commits late is sealed late, in front of every cursor. A
worker that dies takes its transaction with it, and the next goes on from the same place.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from apps.audit.conf import reader_batch_size
from apps.audit.errors import CursorMoved
from apps.audit.models import ReaderCursor
from apps.audit.ports import SYSTEM, LoggedEvent, LogReader, readers
from apps.audit.reader_pages import ReaderPage, read_page
from apps.audit.selectors import last_seal_number, waiting_cursors
from apps.audit.services.setting_aside import set_aside
from apps.core.origin import SYSTEM_ORIGIN

CANNOT_BE_READ = "Unreadable"
# The database itself may fail for a while: only what goes on is looked for in the events.
PATIENCE = 3

log = structlog.get_logger(__name__)


def reader_named(name: str) -> LogReader | None:
    return next((reader for reader in readers if reader.name == name), None)


def read_on(*, reader: LogReader, now: datetime) -> bool:
    """One batch, in one transaction. Whether there is more to read at once.

    False at once while another worker reads, and until the time for the next attempt has come.
    """
    # Asked outside the lock: on SQLite an idle reader must not hold up those who write.
    if not waiting_cursors(now=now).filter(pk=reader.name, position__lt=last_seal_number()).exists():
        return False
    try:
        with transaction.atomic(durable=True):
            cursor = _taken(reader.name, now=now)
            return cursor is not None and _read_batch(reader, cursor, now=now)
    except DatabaseError as error:
        log.exception("log_reader_failed", reader=reader.name)
        _note_failure(reader, error, now=now)
        return False


def _taken(name: str, *, now: datetime) -> ReaderCursor | None:
    """The cursor, locked to the end of the transaction. SQLite's write transactions exclude each other anyway."""
    waiting = waiting_cursors(now=now).filter(pk=name)
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    return waiting.first()


def _read_batch(reader: LogReader, cursor: ReaderCursor, *, now: datetime) -> bool:
    last = min(cursor.position + reader_batch_size(), newest := last_seal_number())
    page = read_page(first=cursor.position + 1, last=last, actions=reader.actions)
    is_patient = cursor.failures < PATIENCE
    error = None
    if page.events:
        done, error = _handle(reader, page.events, is_patient=is_patient)
        if error is not None:
            last = page.events[done].seal_number - 1
    _pass_unreadable(reader, page, until=last, now=now)
    if error is None:
        _move(
            cursor,
            to=last,
            moved_at=now,
            failures=0,
            failed_at_seal=None,
            last_error="",
            next_attempt_at=None,
        )
        return last < newest
    failures = 1 if last > cursor.position else cursor.failures + 1
    moved_at = now if last > cursor.position else cursor.moved_at
    log.error(
        "log_reader_stopped", reader=reader.name, seal=last + 1, error=type(error).__name__, exc_info=error
    )
    _move(
        cursor,
        to=last,
        moved_at=moved_at,
        failures=failures,
        failed_at_seal=last + 1,
        last_error=type(error).__name__,
        next_attempt_at=now + delay_after(failures, reader),
    )
    return False


def _handle(
    reader: LogReader, events: Sequence[LoggedEvent], *, is_patient: bool
) -> tuple[int, Exception | None]:
    """How many were dealt with, and what the next one raised: batches are halved down to the event at fault."""
    try:
        with transaction.atomic():
            reader.handle(events)
    except (OperationalError, InterfaceError) as error:
        if is_patient or connection.needs_rollback or connection.connection is None:
            raise
        failure: Exception = error
    except Exception as error:  # noqa: BLE001  # whatever a handler raises, it is written down
        failure = error
    else:
        return len(events), None
    if len(events) == 1:
        return 0, failure
    middle = len(events) // 2
    done, error_before = _handle(reader, events[:middle], is_patient=is_patient)
    if error_before is not None:
        return done, error_before
    done, error_behind = _handle(reader, events[middle:], is_patient=is_patient)
    return middle + done, error_behind


def _move(cursor: ReaderCursor, *, to: int, **values: object) -> None:
    """Raises: CursorMoved, which no lock lets happen."""
    held = ReaderCursor.objects.filter(pk=cursor.pk, position=cursor.position)
    if not held.update(position=to, **values):
        raise CursorMoved(cursor.name)


def _pass_unreadable(reader: LogReader, page: ReaderPage, *, until: int, now: datetime) -> None:
    """No attempt will read them: they wait among those set aside, and keep nobody from what is behind them."""
    for number, event_id in page.unreadable:
        if number > until:
            return
        set_aside(
            reader=reader.name,
            seal_number=number,
            event_id=event_id,
            error=CANNOT_BE_READ,
            reason="",
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=now,
        )


def _note_failure(reader: LogReader, error: Exception, *, now: datetime) -> None:
    """What the failed transaction could not keep. When the database is away, there is nothing to note it in."""
    try:
        with transaction.atomic():
            cursor = _taken(reader.name, now=now)
            if cursor is not None:
                failures = cursor.failures + 1
                _move(
                    cursor,
                    to=cursor.position,
                    failures=failures,
                    failed_at_seal=None,
                    last_error=type(error).__name__,
                    next_attempt_at=now + delay_after(failures, reader),
                )
    except DatabaseError:
        log.exception("log_reader_failure_not_noted", reader=reader.name)


def delay_after(failures: int, reader: LogReader) -> timedelta:
    """Twice as long after each failure, up to a fifth more by chance."""
    doubled = reader.first_delay.total_seconds() * 2.0 ** min(failures - 1, 30)
    seconds = min(reader.longest_delay.total_seconds(), doubled)
    return timedelta(seconds=seconds * (1 + secrets.randbelow(200) / 1_000))
