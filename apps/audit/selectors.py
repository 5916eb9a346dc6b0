from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.audit.careful_reading import UNREADABLE
from apps.audit.conf import seal_lookback
from apps.audit.constants import MAX_NUMBER
from apps.audit.event_id_form import IsIdInForm
from apps.audit.models import AuditEvent, AuditVerificationRun, SealBatch, SealedEvent
from apps.core.ids import uuid7_floor

UUID7_TIME_SHIFT = 80


def events() -> QuerySet[AuditEvent]:
    """Every event, newest first, each with its `seal_number` (None until it is sealed)."""
    seal = SealedEvent.objects.filter(event_id=OuterRef("pk")).values("seal_number")
    return AuditEvent.objects.annotate(seal_number=Subquery(seal)).order_by("-id")


def is_sealed(event: AuditEvent) -> bool:
    return SealedEvent.objects.filter(event_id=event.pk).exists()


def latest_checkpoint() -> SealBatch | None:
    """The newest signed root, without the bulky copy of its leaves."""
    return SealBatch.objects.defer("leaf_hashes").order_by("-number").first()


def latest_verification() -> AuditVerificationRun | None:
    return AuditVerificationRun.objects.order_by("-started_at").first()


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
    try:
        waiting = unsealed_events(after=sealing_front(lookback=seal_lookback())).order_by()
        found = waiting.aggregate(count=Count("pk"), oldest_at=Min("occurred_at"))
    except UNREADABLE:
        return None
    return Backlog(found["count"], found["oldest_at"])


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
    signed = SealBatch.objects.order_by("-number").values("tree_size")[:1]
    covered = Coalesce(Subquery(signed), 0)
    return SealedEvent.objects.filter(Q(seal_number__gt=covered) | Q(seal_number__lt=1)).order_by(
        "seal_number"
    )


def _shifted(event_id: UUID, by: timedelta) -> UUID:
    """The id moved in time; its low bits stay, which a bound with a margin does not mind."""
    milliseconds = (event_id.int >> UUID7_TIME_SHIFT) + by // timedelta(milliseconds=1)
    return UUID(int=max(milliseconds, 0) << UUID7_TIME_SHIFT)
