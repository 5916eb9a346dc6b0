"""An event's columns as its seal reads them: JSON as the text that is stored, and in one way only.

With a name twice in one object, a reader in Python sees the last value and SQL on the same row may see the first:
what was sealed would be one of several truths. PostgreSQL's jsonb keeps no name twice.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from apps.audit.canonical import EventContent

CONTENT_COLUMNS = tuple(
    Cast("details", TextField()) if name == "details" else name for name in EventContent._fields
)
PERSONAL_COLUMN = Cast("personal", TextField())
_DETAILS = EventContent._fields.index("details")


def event_content(columns: Sequence[Any]) -> EventContent:
    """The content of CONTENT_COLUMNS. Raises: ValueError, RecursionError."""
    values = list(columns)
    values[_DETAILS] = unambiguous_json(values[_DETAILS])
    return EventContent(*values)


def unambiguous_json(text: str | None) -> Any:
    """None for a column without a value. Raises: ValueError, RecursionError."""
    return None if text is None else _STRICT.decode(text)


def _each_name_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("an object holds a name twice")
    return value


_STRICT = json.JSONDecoder(object_pairs_hook=_each_name_once)
