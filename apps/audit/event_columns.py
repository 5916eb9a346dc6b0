"""An event's columns as its seal reads them: what is parsed, as the text that is stored, and in one form only.

SQL sees the text, and a seal covers what it is parsed to: the same moment in another offset, or the same JSON with
other spaces, would be another row under the same seal. PostgreSQL stores parsed values, so that there is no text.

With a name twice in one object, a reader in Python sees the last value and SQL on the same row may see the first:
what was sealed would be one of several truths. PostgreSQL's jsonb keeps no name twice.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

from apps.audit.canonical import EventContent


class StoredText(Func):
    """On SQLite the text of the column, and nothing readable in place of what is no text."""

    output_field = TextField()
    template = (
        "CASE typeof(%(expressions)s) WHEN 'null' THEN NULL WHEN 'text' THEN %(expressions)s ELSE '' END"
    )

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s::text", **context)


class StoredTime(StoredText):
    """On PostgreSQL the time itself."""

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s", **context)


_DETAILS = EventContent._fields.index("details")
_OCCURRED_AT = EventContent._fields.index("occurred_at")
CONTENT_COLUMNS = tuple(
    {"details": StoredText("details"), "occurred_at": StoredTime("occurred_at")}.get(name, name)
    for name in EventContent._fields
)
PERSONAL_COLUMN = StoredText("personal")


def event_content(columns: Sequence[Any]) -> EventContent:
    """The content of CONTENT_COLUMNS. Raises: ValueError, RecursionError."""
    values = list(columns)
    values[_DETAILS] = unambiguous_json(values[_DETAILS])
    values[_OCCURRED_AT] = stored_time(values[_OCCURRED_AT])
    return EventContent(*values)


def unambiguous_json(text: str | None) -> Any:
    """None for a column without a value. Raises: ValueError, RecursionError."""
    if text is None:
        return None
    if _is_stored_parsed():
        return json.loads(text)
    value = _STRICT.decode(text)
    if json.dumps(value) != text:
        raise ValueError("the same JSON in another form")
    return value


@cache
def _is_stored_parsed() -> bool:
    """Asked once for a process: a look at the connection costs as much as the rest of a row."""
    return connection.vendor == "postgresql"


def stored_time(value: Any) -> datetime:
    """The time of a StoredTime. Raises: ValueError, TypeError."""
    if isinstance(value, datetime):
        return value
    at = datetime.fromisoformat(value)
    if at.tzinfo is not None or str(at) != value:
        raise ValueError("a time in another form")
    return at.replace(tzinfo=UTC)


def _each_name_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("an object holds a name twice")
    return value


_STRICT = json.JSONDecoder(object_pairs_hook=_each_name_once)
