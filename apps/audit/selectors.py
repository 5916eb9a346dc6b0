from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.audit.careful_reading import or_unreadable
from apps.audit.conf import seal_lookback
from apps.audit.constants import MAX_NUMBER
from apps.audit.event_id_form import IsIdInForm
from apps.audit.models import (
    AuditEvent,
    AuditVerificationRun,
    ReaderCursor,
    SealBatch,
    SealedEvent,
    SetAsideEvent,
)
from apps.audit.person_concerned import PersonConcerned
from apps.audit.ports import readers
from apps.audit.shown_rows import IsNumber, Unreadable, shown_rows, unreadable_values
from apps.audit.triggers import missing_triggers
from apps.core.ids import uuid7_floor

Row = TypeVar("Row")
UUID7_TIME_SHIFT = 80
BACKLOG_COUNTED = 10_000
"""Pages say "at least" from here on: counting millions would hold them up."""


def events() -> QuerySet[AuditEvent]:
    """Every event, newest first, each with its `seal_number` (None until it is sealed)."""
    seal = SealedEvent.objects.filter(event_id=OuterRef("pk")).values("seal_number")
    return AuditEvent.objects.annotate(seal_number=Subquery(seal)).order_by("-id")


def events_about_person(
    *,
    user_id: str,
    things: Collection[str],
    actions: Collection[str],
    since: datetime,
    before: UUID | None,
    limit: int,
) -> list[Any]:
    """What they did, what was done to them or to `things` of theirs (by id), and what names them; newest first.

    Each way to concern them is one range of an index, so that a page costs the same however long the log is.
    What cannot be read is Unreadable.
    """
    found = AuditEvent.objects.filter(IsIdInForm("pk"), pk__gte=uuid7_floor(since), action__in=actions)
    if before is not None:
        found = found.filter(pk__lt=before)
    ways = (
        found.filter(actor_id=user_id, actor_kind="user"),
        found.filter(target_id__in=[user_id, *things]),
        found.alias(concerned=PersonConcerned("details")).filter(concerned=user_id),
    )
    rows = {row.pk: row for way in ways for row in shown_rows(way.order_by("-id")[:limit])}
    return [rows[key] for key in sorted(rows, reverse=True)[:limit]]


def is_sealed(event: AuditEvent) -> bool:
    return SealedEvent.objects.filter(event_id=event.pk).exists()


def is_readable(row: SealBatch | AuditVerificationRun) -> bool:
    """Whether a row that is shown holds nothing but what the program writes."""
    return not unreadable_values(row)


def none_if_unreadable(rows: QuerySet[Any, Row]) -> list[Row] | None:
    """The rows, or None when one of them holds what cannot be read."""
    return or_unreadable(lambda: list(rows))


def latest_checkpoint() -> SealBatch | None:
    """The newest signed root, without the bulky copy of its leaves. Raises: one of UNREADABLE."""
    return _newest_checkpoint().first()


def latest_verification() -> AuditVerificationRun | None:
    """With Unreadable in place of what cannot be read. By its id: a time can hold anything."""
    runs = AuditVerificationRun.objects.filter(IsIdInForm("pk")).order_by("-id")
    return next(iter(shown_rows(runs[:1])), None)


def log_began_at() -> datetime | None:
    """When the first event happened, by the time in its id."""
    first = AuditEvent.objects.filter(IsIdInForm("pk")).order_by("id").values_list("pk", flat=True).first()
    if first is None:
        return None
    return or_unreadable(lambda: datetime.fromtimestamp((first.int >> UUID7_TIME_SHIFT) / 1000, tz=UTC))


def checkpoint_to_show() -> SealBatch | None:
    """The newest, with Unreadable in place of what cannot be read."""
    return next(iter(shown_rows(_newest_checkpoint()[:1])), None)


def _newest_checkpoint() -> QuerySet[SealBatch]:
    return SealBatch.objects.filter(IsNumber("pk")).defer("leaf_hashes").order_by("-number")


def unsealed_events(*, after: UUID | None) -> QuerySet[AuditEvent]:
    """Committed events that have no seal yet, oldest first; only those with an id above `after` if given."""
    # The bound stands on both sides, so that the database reads no seal older than the events it looks at.
    seals = SealedEvent.objects.filter(event_id=OuterRef("pk"))
    candidates = AuditEvent.objects.all()
    if after is not None:
        seals = seals.filter(event_id__gt=after)
        candidates = candidates.filter(pk__gt=after)
    return candidates.filter(~Exists(seals), IsIdInForm("pk")).order_by("id")


def sealing_front(*, lookback: timedelta) -> UUID | None:
    """The id after which unsealed events are looked for; None before the first seal.

    It lies `lookback` behind the event sealed last, or behind the moment of that sealing when the event
    claims to be of a later time.
    """
    newest = latest_checkpoint()
    if newest is None:
        return None
    last_event = (
        SealedEvent.objects.filter(seal_number=newest.tree_size).values_list("event_id", flat=True).first()
    )
    floor = uuid7_floor(newest.sealed_at - lookback)
    return floor if last_event is None else min(floor, _shifted(last_event, -lookback))


def unsealed_count() -> int:
    """Events waiting for their seal, as the next run of the sealing task will find them, up to BACKLOG_COUNTED."""
    waiting = unsealed_events(after=sealing_front(lookback=seal_lookback())).order_by()
    return waiting[:BACKLOG_COUNTED].count()


@dataclass(frozen=True)
class Backlog:
    """Events waiting for their seal, and when the first of them by its id happened."""

    count: int
    """Up to BACKLOG_COUNTED."""
    oldest_at: datetime | None

    @property
    def is_counted_out(self) -> bool:
        return self.count < BACKLOG_COUNTED


def sealing_backlog() -> Backlog | None:
    """None when the newest seal or checkpoint cannot be read, and sealing has come to a halt over it."""
    count = or_unreadable(unsealed_count)
    if count is None:
        return None
    waiting = unsealed_events(after=sealing_front(lookback=seal_lookback()))
    return Backlog(count, or_unreadable(lambda: waiting.values_list("occurred_at", flat=True).first()))


def missing_guards() -> list[str]:
    """The triggers that should refuse changes of the log and are not there, or switched off: "table.trigger"."""
    return missing_triggers(connection)


def log_status() -> dict[str, Any]:
    """How the log stands: the newest checkpoint, the last verification, and what waits for its seal."""
    checkpoint, verification = checkpoint_to_show(), latest_verification()
    return {
        "checkpoint": checkpoint,
        "root": _hexadecimal(checkpoint.root_hash) if checkpoint else "",
        "is_checkpoint_unreadable": bool(checkpoint and unreadable_values(checkpoint)),
        "verification": verification,
        "is_verification_unreadable": bool(verification and unreadable_values(verification)),
        "unsealed": or_unreadable(unsealed_count),
        "counted_up_to": BACKLOG_COUNTED,
    }


def _hexadecimal(value: Any) -> str:
    return value if isinstance(value, Unreadable) else bytes(value).hex()


def last_seal_number() -> int:
    # The bound keeps text out, which SQLite sorts behind every number.
    numbered = SealedEvent.objects.filter(seal_number__lte=MAX_NUMBER)
    return numbered.order_by("-seal_number").values_list("seal_number", flat=True).first() or 0


def seal_span(*, start: datetime, end: datetime, tree_size: int) -> tuple[int, int] | None:
    """First and last seal number of the events from `start` up to `end`; None when there are none."""
    seals = SealedEvent.objects.filter(
        event_id__gte=uuid7_floor(start), event_id__lt=uuid7_floor(end), seal_number__lte=tree_size
    )
    found = seals.aggregate(first=Min("seal_number"), last=Max("seal_number"))
    return None if found["first"] is None else (found["first"], found["last"])


def is_seal_outside(*, tree_size: int) -> bool:
    """Whether there is a seal row before the first place of the tree or behind its last.

    Two looks at the ends of an index: a sealer asks before every batch, however many there are. On SQLite text in
    place of a number stands behind all of them.
    """
    numbers = SealedEvent.objects.values_list("seal_number")
    below = numbers.filter(seal_number__lt=1).order_by("seal_number")[:1]
    above = numbers.filter(seal_number__gt=tree_size).order_by("-seal_number")[:1]
    return any(map(len, (below, above)))


def misplaced_seals() -> QuerySet[SealedEvent]:
    """Seal rows outside of what the checkpoints cover. Reads all there are.

    One statement, so that a sealing under way is seen whole or not at all.
    """
    signed = _newest_checkpoint().values("tree_size")[:1]
    covered = Coalesce(Subquery(signed), 0)
    return SealedEvent.objects.filter(Q(seal_number__gt=covered) | ~IsNumber("seal_number")).order_by(
        "seal_number"
    )


def _shifted(event_id: UUID, by: timedelta) -> UUID:
    """The id moved in time; its low bits stay, which a bound with a margin does not mind."""
    milliseconds = (event_id.int >> UUID7_TIME_SHIFT) + by // timedelta(milliseconds=1)
    return UUID(int=max(milliseconds, 0) << UUID7_TIME_SHIFT)


@dataclass(frozen=True)
class ReaderState:
    """How a reader of the log stands; `since` is when the first seal that it has not read was made."""

    cursor: ReaderCursor
    behind: int
    since: datetime | None

    @property
    def has_failed(self) -> bool:
        return self.cursor.failures > 0


def reader_states() -> list[ReaderState]:
    """Of those that are registered. One that has never run is behind by the whole log."""
    ahead = (
        SealBatch.objects.filter(tree_size__gt=OuterRef("position"))
        .order_by("tree_size")
        .values("sealed_at")[:1]
    )
    names = [reader.name for reader in readers]
    found = {
        cursor.name: cursor
        for cursor in ReaderCursor.objects.filter(pk__in=names).annotate(since=Subquery(ahead))
    }
    last = last_seal_number()
    cursors = [found.get(name) or ReaderCursor(name=name) for name in names]
    return [
        ReaderState(cursor, max(last - cursor.position, 0), getattr(cursor, "since", None))
        for cursor in cursors
    ]


def waiting_cursors(*, now: datetime) -> QuerySet[ReaderCursor]:
    """Of readers that need not wait for their next attempt."""
    return ReaderCursor.objects.filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now))


def with_newest_seal(cursors: QuerySet[ReaderCursor]) -> QuerySet[ReaderCursor]:
    """Each with `newest_seal`; None before the first."""
    numbered = SealedEvent.objects.filter(seal_number__lte=MAX_NUMBER).order_by("-seal_number")
    return cursors.annotate(newest_seal=Subquery(numbered.values("seal_number")[:1]))


def set_aside_count() -> int:
    return SetAsideEvent.objects.filter(handed_in_at__isnull=True).count()


def unread_events(name: str, *, limit: int) -> QuerySet[AuditEvent] | None:
    """What the reader has not come to, sealed or not; None when that is more than `limit`, or cannot be told."""
    position = ReaderCursor.objects.filter(pk=name).values_list("position", flat=True).first() or 0
    ids = or_unreadable(lambda: _unread_ids(position, limit))
    return None if ids is None or len(ids) > limit else AuditEvent.objects.filter(pk__in=ids)


def _unread_ids(position: int, limit: int) -> list[UUID]:
    sealed = SealedEvent.objects.filter(
        IsIdInForm("event_id"), seal_number__gt=position, seal_number__lte=MAX_NUMBER
    )
    ids = list(sealed.order_by("seal_number").values_list("event_id", flat=True)[: limit + 1])
    waiting = unsealed_events(after=sealing_front(lookback=seal_lookback()))
    return ids + list(waiting.values_list("pk", flat=True)[: limit + 1])
