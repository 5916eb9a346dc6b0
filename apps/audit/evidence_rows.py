"""Sealed events with their personal values, as an evidence bundle shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.audit.canonical import EventContent, Json, event_leaf_hash, personal_commitment
from apps.audit.careful_reading import UNREADABLE, binary
from apps.audit.errors import LogDoesNotVerify
from apps.audit.event_columns import CONTENT_COLUMNS, PERSONAL_COLUMN, event_content, unambiguous_json
from apps.audit.models import AuditEvent, SealedEvent

AT_A_TIME = 1000


@dataclass(frozen=True)
class Exhibit:
    seal_number: int
    leaf: bytes
    content: EventContent
    personal: Json
    salt: bytes | None
    """None once the personal values were erased."""


def exhibits(first: int, last: int) -> Iterator[Exhibit]:
    """Every event from one seal number to another, each held against its leaf and its commitment.

    Raises: LogDoesNotVerify at the first that is missing or was changed.
    """
    for start in range(first, last + 1, AT_A_TIME):
        end = min(last, start + AT_A_TIME - 1)
        try:
            yield from _page(start, end)
        except UNREADABLE as error:
            raise LogDoesNotVerify(f"among the seals {start} to {end} values cannot be read") from error


def _page(first: int, last: int) -> list[Exhibit]:
    rows = SealedEvent.objects.filter(seal_number__range=(first, last)).order_by("seal_number")
    seals = list(rows.values_list("seal_number", "event_id", "leaf_hash"))
    numbers = [number for number, _, _ in seals]
    if numbers != list(range(first, last + 1)):
        missing = min(set(range(first, last + 1)) - set(numbers))
        raise LogDoesNotVerify(f"seal row {missing} is missing")
    ids = [event_id for _, event_id, _ in seals]
    # The bounds let PostgreSQL leave out the months that cannot hold these ids.
    events = AuditEvent.objects.filter(id__in=ids, id__gte=min(ids), id__lte=max(ids))
    by_id = {row[0]: row for row in events.values_list(*CONTENT_COLUMNS, PERSONAL_COLUMN, "salt")}
    return [_exhibit(number, binary(leaf), by_id.get(event_id)) for number, event_id, leaf in seals]


def _exhibit(number: int, leaf: bytes, row: Sequence[Any] | None) -> Exhibit:
    if row is None:
        raise LogDoesNotVerify(f"the event of seal {number} is gone")
    *columns, stored_personal, stored_salt = row
    content, personal = event_content(columns), unambiguous_json(stored_personal)
    if event_leaf_hash(content) != leaf:
        raise LogDoesNotVerify(f"event {content.id} (seal {number}) was changed after it was sealed")
    salt = None if stored_salt is None else binary(stored_salt)
    is_erased = salt is None and personal is None
    if not is_erased and (
        salt is None or personal_commitment(salt=salt, personal=personal) != binary(content.commitment)
    ):
        raise LogDoesNotVerify(f"the personal values of event {content.id} (seal {number}) were changed")
    return Exhibit(number, leaf, content, personal, salt)
