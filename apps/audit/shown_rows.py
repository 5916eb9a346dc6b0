"""Rows of the log as its pages show them: a value that the program never writes is shown as such, and hides nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.db.models import BinaryField, BooleanField, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from apps.audit.canonical import canonical_json, canonical_time, clean_text
from apps.audit.careful_reading import or_unreadable, readable_rows
from apps.audit.constants import MAX_NUMBER

LONGEST_SHOWN = 80
# Time zones and "three days ago" need room on either side.
MARGIN = timedelta(days=3)
_KINDS: tuple[tuple[Any, type], ...] = (
    (models.DateTimeField, datetime),
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.BinaryField, bytes),
    (models.UUIDField, UUID),
    (models.CharField, str),
    (models.TextField, str),
)


class Unreadable(str):
    """Stands for a value that was put there past the program: the text of it, fit to be shown."""

    __slots__ = ()


class IsNumber(Func):
    """True for a whole number from 1 up: on SQLite a column takes text and fractions as well."""

    output_field = BooleanField()
    template = f"(typeof(%(expressions)s) = 'integer' AND %(expressions)s BETWEEN 1 AND {MAX_NUMBER})"

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s >= 1)", **context)


class StoredBytes(Func):
    """What the column holds, whatever it is."""

    output_field = BinaryField()
    template = "CAST(%(expressions)s AS BLOB)"

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="convert_to(%(expressions)s::text, 'UTF8')", **context
        )


def fit_to_show(stored: str | bytes) -> str:
    text = stored if isinstance(stored, str) else bytes(stored).decode(errors="replace")
    shown = clean_text(text, limit=LONGEST_SHOWN)
    return "".join(character if character.isprintable() else "\ufffd" for character in shown)


def shown_rows(rows: QuerySet[Any]) -> list[Any]:
    """The rows, with Unreadable in place of what cannot be read. Their keys must be readable."""
    read = or_unreadable(lambda: list(rows))
    if read is None:
        read = _row_by_row(rows)
    for row in read:
        for name in _names(row):
            if not _is_sound(row, name, getattr(row, name)):
                setattr(row, name, _stored(type(row), row.pk, name))
    return read


def unreadable_values(row: Any) -> dict[str, Unreadable]:
    """By the name of their column."""
    values = {name: getattr(row, name) for name in _names(row)}
    return {name: value for name, value in values.items() if isinstance(value, Unreadable)}


def _row_by_row(rows: QuerySet[Any]) -> list[Any]:
    model, left_out = rows.model, rows.query.deferred_loading[0]
    keys = list(rows.values_list("pk", flat=True))

    def read(some: Sequence[Any]) -> list[Any]:
        return list(model.objects.filter(pk__in=some).defer(*left_out))

    whole, _ = readable_rows(keys, read)
    by_key = {row.pk: row for row in whole}
    names = [field.name for field in model._meta.concrete_fields if field.name not in left_out]
    return [by_key.get(key) or _value_by_value(model, key, names) for key in keys]


def _value_by_value(model: Any, key: Any, names: Sequence[str]) -> Any:
    return model.from_db(connection.alias, names, [_value(model, key, name) for name in names])


def _value(model: Any, key: Any, name: str) -> Any:
    read = or_unreadable(lambda: model.objects.filter(pk=key).values_list(name, flat=True)[:1][0])
    return _stored(model, key, name) if read is None and not _is_null(model, key, name) else read


def _is_null(model: Any, key: Any, name: str) -> bool:
    return bool(model.objects.filter(pk=key, **{f"{name}__isnull": True}).exists())


def _names(row: Any) -> list[str]:
    left_out = row.get_deferred_fields()
    return [field.name for field in row._meta.concrete_fields if field.attname not in left_out]


def _is_sound(row: Any, name: str, value: Any) -> bool:
    field = row._meta.get_field(name)
    if isinstance(value, Unreadable):
        return True
    if value is None:
        return bool(field.null) and not _pair_is_broken(row, name)
    if isinstance(field, models.JSONField):
        return or_unreadable(lambda: _is_sound_json(value)) or False
    wanted = next(python for kind, python in _KINDS if isinstance(field, kind))
    if wanted is datetime:
        return (
            or_unreadable(lambda: bool(canonical_time(value - MARGIN) and canonical_time(value + MARGIN)))
            or False
        )
    if wanted is int and isinstance(value, bool):
        return False
    if field.choices and value not in dict(field.flatchoices):
        return False
    return isinstance(value, (bytes, memoryview) if wanted is bytes else wanted)


def _pair_is_broken(row: Any, name: str) -> bool:
    """Whether one of `personal` and `salt` is gone without the other."""
    try:
        row._meta.get_field("salt")
    except FieldDoesNotExist:
        return False
    return (row.personal is None) != (row.salt is None)


def _is_sound_json(value: Any) -> bool:
    canonical_json(value)
    sides = (value.get("before"), value.get("after"))
    return all(side is None or isinstance(side, dict) for side in sides)


def _stored(model: Any, key: Any, name: str) -> Unreadable:
    field, quote = model._meta.get_field(name), connection.ops.quote_name
    stored_key = model._meta.pk.get_db_prep_value(key, connection)
    text = "TEXT" if connection.vendor == "postgresql" else "BLOB"
    sql = f"SELECT CAST({quote(field.column)} AS {text}) FROM {quote(model._meta.db_table)}"  # noqa: S608  # names of the model
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} WHERE {quote(model._meta.pk.column)} = %s", [stored_key])
        (value,) = cursor.fetchone()
    if value is None:
        return Unreadable("NULL")
    return Unreadable(fit_to_show(value))
