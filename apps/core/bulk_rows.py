"""Many rows into a table at once: COPY on PostgreSQL, one prepared INSERT on SQLite. No model code is called."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

Row = Sequence[Any]


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> int:
    """How many there were. Values are those that the fields hold, JSON as lists and dictionaries; the rows must fit
    into memory. Fields that are not named have their defaults."""
    others = [
        field
        for field in model._meta.concrete_fields
        if not (field.name in fields or field.primary_key or field.null or field.generated)
    ]
    names = [*(_column(model, name) for name in fields), *(_column(model, field.name) for field in others)]
    columns, table = ", ".join(names), connection.ops.quote_name(model._meta.db_table)
    defaults = tuple(field.get_default() for field in others)
    whole = (tuple(row) + defaults for row in rows) if defaults else rows
    return (
        _copy(table, columns, whole) if connection.vendor == "postgresql" else _insert(table, columns, whole)
    )


def update_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Sets the fields of the row whose key is the last value of each."""
    sets = ", ".join(f"{_column(model, name)} = %s" for name in fields)
    key = _column(model, model._meta.pk.name)
    table = connection.ops.quote_name(model._meta.db_table)
    convert = _as_given if connection.vendor == "postgresql" else _sqlite_value
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {sets} WHERE {key} = %s",  # noqa: S608  # names of our own models
            [tuple(convert(value) for value in row) for row in rows],
        )


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return connection.ops.quote_name(field.column)


def _copy(table: str, columns: str, rows: Iterable[Row]) -> int:
    lines = ["\t".join([_TEXT[type(value)](value) for value in row]) for row in rows]
    if not lines:
        return 0
    lines.append("")
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO("\n".join(lines)))
    return len(lines) - 1


def _insert(table: str, columns: str, rows: Iterable[Row]) -> int:
    found = [tuple(_sqlite_value(value) for value in row) for row in rows]
    if found:
        marks = ", ".join(["%s"] * len(found[0]))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", found)  # noqa: S608
    return len(found)


def _copy_text(value: str) -> str:
    text = value.replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _copy_json(value: Any) -> str:
    # Control characters are escaped by JSON already.
    return _JSON.encode(value).replace("\\", "\\\\")


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "\\N",
    str: _copy_text,
    bool: lambda value: "t" if value else "f",
    int: str,
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    bytes: lambda value: "\\\\x" + value.hex(),
    dict: _copy_json,
    list: _copy_json,
}


def _as_given(value: Any) -> Any:
    return value


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return value
