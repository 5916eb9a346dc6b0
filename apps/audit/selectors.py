from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.audit.careful_reading import or_unreadable
from apps.audit.conf import seal_lookback
from apps.audit.constants import MAX_NUMBER
from apps.audit.event_id_form import IsIdInForm
from apps.audit.models import AuditEvent, AuditVerificationRun, SealBatch, SealedEvent
from apps.audit.shown_rows import IsNumber, Unreadable, shown_rows, unreadable_values
from apps.core.ids import uuid7_floor

Row = TypeVar("Row")
UUID7_TIME_SHIFT = 80


def events() -> QuerySet[AuditEvent]:
    """Every event, newest first, each with its `seal_number` (None until it is sealed)."""
    seal = SealedEvent.objects.filter(event_id=OuterRef("pk")).values("seal_number")
    return AuditEvent.objects.annotate(seal_number=Subquery(seal)).order_by("-id")


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
    """Events waiting for their seal, as the next run of the sealing task will find them."""
    return unsealed_events(after=sealing_front(lookback=seal_lookback())).count()


@dataclass(frozen=True)
class Backlog:
    """Events waiting for their seal, and when the oldest of them happened."""

    count: int
    oldest_at: datetime | None


def sealing_backlog() -> Backlog | None:
    """None when the newest seal or checkpoint cannot be read, and sealing has come to a halt over it."""
    count = or_unreadable(unsealed_count)
    if count is None:
        return None
    waiting = unsealed_events(after=sealing_front(lookback=seal_lookback())).order_by()
    return Backlog(count, or_unreadable(lambda: waiting.aggregate(at=Min("occurred_at"))["at"]))


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


def misplaced_seals() -> QuerySet[SealedEvent]:
    """Seal rows outside of what the checkpoints cover.

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
