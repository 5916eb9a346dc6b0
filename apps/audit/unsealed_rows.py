"""Events that wait for their seal, with the leaves they will have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from apps.audit.canonical import EventContent, event_leaf_hash
from apps.audit.careful_reading import binary, readable_rows
from apps.audit.event_columns import CONTENT_COLUMNS, event_content
from apps.audit.models import AuditEvent


class Sealable(NamedTuple):
    content: EventContent
    leaf: bytes


@dataclass(frozen=True)
class UnsealedPage:
    sealable: list[Sealable]
    unreadable: list[str]
    """Ids as the column holds them."""

    @property
    def size(self) -> int:
        return len(self.sealable) + len(self.unreadable)

    @property
    def last_id(self) -> UUID | None:
        ids = [sealable.content.id for sealable in self.sealable[-1:]]
        ids += [event_id for event_id in map(as_uuid, self.unreadable) if event_id]
        return max(ids, default=None)


def read_unsealed(events: QuerySet[AuditEvent]) -> UnsealedPage:
    """The events of a page in order of their ids, in one statement unless some cannot be read."""
    sealable, unreadable = readable_rows([events], _read_page)
    if not unreadable:
        return UnsealedPage(sealable, [])
    ids = list(events.annotate(stored_id=Cast("pk", TextField())).values_list("stored_id", flat=True))
    return UnsealedPage(*readable_rows(ids, _read_by_id))


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_page(pages: Sequence[QuerySet[AuditEvent]]) -> list[Sealable]:
    return [_sealable(row) for page in pages for row in page.values_list(*CONTENT_COLUMNS)]


def _read_by_id(ids: Sequence[str]) -> list[Sealable]:
    events = AuditEvent.objects.filter(pk__in=ids).order_by("id")
    return [_sealable(row) for row in events.values_list(*CONTENT_COLUMNS)]


def _sealable(row: tuple[object, ...]) -> Sealable:
    content = event_content(row)
    binary(content.commitment)
    return Sealable(content, event_leaf_hash(content))
