"""Going past an event that a reader cannot deal with, so that it keeps nobody from what is behind it."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from apps.audit.events import AuditLogAction
from apps.audit.models import ReaderCursor, SealedEvent, SetAsideEvent, title_of_reader
from apps.audit.ports import LogReader, Outcome, Subject, readers
from apps.audit.reader_pages import read_one
from apps.audit.services.record import record_event
from apps.audit.services.waking import wake_reader
from apps.core.origin import Origin

READER_KIND = "log_reader"

log = structlog.get_logger(__name__)


def set_aside(
    *,
    reader: str,
    seal_number: int,
    event_id: UUID | None,
    error: str,
    reason: str,
    actor: Subject,
    origin: Origin,
    now: datetime,
) -> None:
    """Precondition: the cursor moves past the event in the same transaction."""
    SetAsideEvent.objects.create(
        reader=reader,
        seal_number=seal_number,
        event_id=event_id,
        error=error,
        reason=reason,
        set_aside_at=now,
    )
    record_event(
        action=AuditLogAction.READER_EVENT_SET_ASIDE,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=reader_subject(reader),
        details={"seal_number": seal_number, "error": error},
        after={"reason": reason} if reason else None,
    )


@transaction.atomic
def set_failed_event_aside(
    *, cursor: ReaderCursor, reason: str, actor: Subject, origin: Origin, now: datetime
) -> bool:
    """Whether the reader still stood before the event that `cursor` names, and now stands behind it."""
    number = cursor.failed_at_seal
    if number is None:
        return False
    stopped = ReaderCursor.objects.filter(pk=cursor.pk, failed_at_seal=number, position=number - 1)
    if not stopped.update(
        position=number, moved_at=now, failures=0, failed_at_seal=None, last_error="", next_attempt_at=None
    ):
        return False
    set_aside(
        reader=cursor.name,
        seal_number=number,
        event_id=SealedEvent.objects.values_list("event_id", flat=True).get(seal_number=number),
        error=cursor.last_error,
        reason=reason,
        actor=actor,
        origin=origin,
        now=now,
    )
    wake_reader(cursor.name)
    return True


@transaction.atomic
def try_again(*, cursor: ReaderCursor, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the reader was waiting after a failure; now it reads on at the next wake-up."""
    if not ReaderCursor.objects.filter(pk=cursor.pk, next_attempt_at__isnull=False).update(
        next_attempt_at=None
    ):
        return False
    record_event(
        action=AuditLogAction.READER_TRIED_AGAIN,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=reader_subject(cursor.name),
    )
    wake_reader(cursor.name)
    return True


@transaction.atomic
def hand_in(*, event: SetAsideEvent, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Gives it to its reader once more, out of turn. Whether that dealt with it; if not, it stays set aside."""
    claimed = SetAsideEvent.objects.filter(pk=event.pk, handed_in_at__isnull=True).update(handed_in_at=now)
    if not claimed:
        return False
    error = _handled_again(event)
    if error:
        SetAsideEvent.objects.filter(pk=event.pk).update(handed_in_at=None, error=error)
    record_event(
        action=AuditLogAction.READER_EVENT_HANDED_IN,
        outcome=Outcome.REFUSED if error else Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=reader_subject(event.reader),
        details={"seal_number": event.seal_number, "error": error},
    )
    return not error


def _handled_again(event: SetAsideEvent) -> str:
    """What is in the way, in a word; empty when it was dealt with."""
    reader: LogReader | None = next((one for one in readers if one.name == event.reader), None)
    if reader is None:
        return "NoSuchReader"
    found = read_one(event_id=event.event_id, seal_number=event.seal_number) if event.event_id else None
    if found is None:
        return "Unreadable"
    if reader.actions and found.action not in reader.actions:
        return ""
    try:
        with transaction.atomic():
            reader.handle([found])
    except Exception as error:
        log.exception("log_reader_failed_again", reader=reader.name, seal=event.seal_number)
        return type(error).__name__
    return ""


def reader_subject(name: str) -> Subject:
    return Subject(kind=READER_KIND, id=name, label=title_of_reader(name))
