"""What a reader of the log reads next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.audit.careful_reading import readable_rows
from apps.audit.event_columns import CONTENT_COLUMNS, PERSONAL_COLUMN, event_content, unambiguous_json
from apps.audit.models import AuditEvent
from apps.audit.ports import LoggedEvent
from apps.audit.seal_rows import read_seals


@dataclass(frozen=True)
class ReaderPage:
    events: list[LoggedEvent]
    """Those of interest, in seal order."""
    unreadable: list[tuple[int, UUID | None]]
    """Seal numbers, and the events behind them as far as they are known."""


def read_page(*, first: int, last: int, actions: Collection[str]) -> ReaderPage:
    """What the seals `first` to `last` point at. Events that are gone are passed over; verification names them."""
    seals, broken_seals = readable_rows(range(first, last + 1), read_seals)
    numbers = {event_id: number for number, event_id, _leaf in seals}
    rows, broken_events = readable_rows(list(numbers), lambda ids: _read_events(ids, actions))
    events = [_logged(numbers[row[0].id], *row) for row in rows]
    unreadable: list[tuple[int, UUID | None]] = [(number, None) for number in broken_seals]
    unreadable += [(numbers[event_id], event_id) for event_id in broken_events]
    return ReaderPage(
        sorted(events, key=lambda event: event.seal_number), sorted(unreadable, key=lambda row: row[0])
    )


def read_one(*, event_id: UUID, seal_number: int) -> LoggedEvent | None:
    """None when it is gone, or cannot be read."""
    rows, _broken = readable_rows([event_id], lambda ids: _read_events(ids, ()))
    return _logged(seal_number, *rows[0]) if rows else None


def _read_events(ids: Sequence[UUID], actions: Collection[str]) -> list[tuple[Any, Any]]:
    # The bounds let PostgreSQL leave out the months that cannot hold these ids.
    within = AuditEvent.objects.filter(id__in=ids, id__gte=min(ids), id__lte=max(ids))
    if actions:
        within = within.filter(action__in=actions)
    return [
        (event_content(columns), unambiguous_json(personal))
        for *columns, personal in within.values_list(*CONTENT_COLUMNS, PERSONAL_COLUMN)
    ]


def _logged(seal_number: int, content: Any, personal: Any) -> LoggedEvent:
    values = content._asdict()
    del values["commitment"]
    return LoggedEvent(seal_number=seal_number, personal=personal, **values)
