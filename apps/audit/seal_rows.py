"""Judging seal rows, and the events they point at, against the leaves that the signed root vouches for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.canonical import EventContent, event_leaf_hash, personal_commitment
from apps.audit.careful_reading import binary, readable_rows
from apps.audit.constants import HASH_BYTES
from apps.audit.event_columns import CONTENT_COLUMNS, PERSONAL_COLUMN, event_content, unambiguous_json
from apps.audit.event_id_form import IsIdInForm
from apps.audit.findings import Finding, FindingKind
from apps.audit.models import AuditEvent, SealedEvent

LOST = bytes(HASH_BYTES)
"""Stands for the leaf of a missing row or event: no event gives it."""


@dataclass(frozen=True)
class ReadEvent:
    """An event that a seal row points at, with what it gives today."""

    content: EventContent
    leaf: bytes
    is_erased: bool
    has_true_personal_values: bool


@dataclass(frozen=True)
class SealedRow:
    """A seal row with what is left of its event."""

    number: int
    leaf: bytes
    event_id: UUID | None = None
    event: ReadEvent | None = None
    unreadable: FindingKind | None = None
    """SEAL_ROW_UNREADABLE or EVENT_UNREADABLE: then there is no event here."""

    @property
    def event_leaf(self) -> bytes | None:
        return self.event.leaf if self.event else None

    @property
    def is_erased(self) -> bool:
        return self.event is not None and self.event.is_erased

    @property
    def occurred_at(self) -> datetime | None:
        return self.event.content.occurred_at if self.event else None


def read_rows(first: int, last: int) -> dict[int, SealedRow]:
    """The rows of a span of seal numbers, by number; the span must fit into memory."""
    seals, broken_seals = readable_rows(range(first, last + 1), read_seals)
    events, broken_events = readable_rows([event_id for _, event_id, _ in seals], _read_events)
    by_id = {event.content.id: event for event in events}
    broken_ids = set(broken_events)
    rows = {
        number: SealedRow(
            number=number,
            leaf=leaf,
            event_id=event_id,
            event=by_id.get(event_id),
            unreadable=FindingKind.EVENT_UNREADABLE if event_id in broken_ids else None,
        )
        for number, event_id, leaf in seals
    }
    for number in broken_seals:
        rows[number] = SealedRow(number, LOST, unreadable=FindingKind.SEAL_ROW_UNREADABLE)
    return rows


def read_seals(numbers: Sequence[int]) -> list[tuple[int, UUID, bytes]]:
    """Number, event and leaf of a span of seal numbers. Raises: one of UNREADABLE."""
    span = SealedEvent.objects.filter(seal_number__range=(numbers[0], numbers[-1])).order_by("seal_number")
    return [
        (number, _in_form(event_id, is_in_form), binary(leaf))
        for number, event_id, is_in_form, leaf in span.values_list(
            "seal_number", "event_id", IsIdInForm("event_id"), "leaf_hash"
        )
    ]


def _in_form(event_id: UUID, is_in_form: bool) -> UUID:
    if not is_in_form:
        raise ValueError("an id in another form points at no event")
    return event_id


def _read_events(ids: Sequence[UUID]) -> list[ReadEvent]:
    # The bounds let PostgreSQL leave out the months that cannot hold these ids.
    within = AuditEvent.objects.filter(id__in=ids, id__gte=min(ids), id__lte=max(ids))
    return [_event(values) for values in within.values_list(*CONTENT_COLUMNS, PERSONAL_COLUMN, "salt")]


def _event(values: Sequence[Any]) -> ReadEvent:
    *columns, stored_personal, salt = values
    content, personal = event_content(columns), unambiguous_json(stored_personal)
    commitment = binary(content.commitment)
    is_erased = personal is None and salt is None
    is_true = is_erased or (
        personal is not None
        and salt is not None
        and personal_commitment(salt=binary(salt), personal=personal) == commitment
    )
    return ReadEvent(content, event_leaf_hash(content), is_erased, is_true)


def findings_in(
    rows: dict[int, SealedRow], *, first: int, leaves: Sequence[bytes] | None, last: int
) -> Iterator[Finding]:
    """What is wrong with the rows of seal numbers `first` to `last`.

    `leaves` are the leaves that the signed root vouches for. Without them each row is held against its own
    leaf.
    """
    places = {leaf: number for number, leaf in enumerate(leaves or (), first)}
    for number in range(first, last + 1):
        row = rows.get(number)
        if row is None:
            yield Finding(FindingKind.SEAL_ROW_MISSING, f"Seal row {number} is missing.", seal_number=number)
            continue
        yield from _row_findings(row, leaves[number - first] if leaves else row.leaf, places)


def _row_findings(row: SealedRow, expected: bytes, places: dict[bytes, int]) -> Iterator[Finding]:
    def finding(kind: FindingKind, message: str) -> Finding:
        return Finding(kind, message, seal_number=row.number, event_id=row.event_id)

    name = f"Event {row.event_id} (seal {row.number})"
    if row.unreadable is not None:
        what = name if row.unreadable == FindingKind.EVENT_UNREADABLE else f"Seal row {row.number}"
        message = f"{what} was changed: it holds values that cannot be read, or not in one way only."
        yield finding(row.unreadable, message)
        return
    if row.event is None:
        yield finding(FindingKind.EVENT_DELETED, f"{name} is gone from the log.")
        return
    if row.event.leaf != expected:
        if row.event.leaf in places:
            place = places[row.event.leaf]
            message = f"{name} stands in the wrong place: it was sealed as number {place}."
            yield finding(FindingKind.SEAL_ROW_MOVED, message)
        elif row.leaf == row.event.leaf:
            message = f"{name} was put in, or was changed together with its seal row."
            yield finding(FindingKind.EVENT_CHANGED, message)
        else:
            yield finding(FindingKind.EVENT_CHANGED, f"{name} was changed after it was sealed.")
    elif row.leaf != expected:
        message = (
            f"The leaf hash in seal row {row.number} was changed; event {row.event_id} itself is intact."
        )
        yield finding(FindingKind.SEAL_ROW_CHANGED, message)
    if not row.event.has_true_personal_values:
        message = f"{name}: its personal values were changed or partly removed."
        yield finding(FindingKind.PERSONAL_CHANGED, message)
