"""The one form of an event's id in the database. PostgreSQL's uuid has no other; on SQLite a column takes any text.

Two texts that read as the same id are two rows to the database, of which only one can have a seal.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField, BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

from apps.audit.canonical import clean_text
from apps.audit.constants import ID_LENGTH
from apps.audit.models import AuditEvent

AT_A_TIME = 500


class IsIdInForm(Func):
    """True for an id as the program writes it: on SQLite 32 hexadecimal digits in lower case."""

    output_field = BooleanField()
    template = (
        "(typeof(%(expressions)s) = 'text' AND length(CAST(%(expressions)s AS BLOB)) = 32 "
        "AND %(expressions)s NOT GLOB '*[^0-9a-f]*')"
    )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        return "TRUE", ()


class _StoredBytes(Func):
    """What the column holds, whatever it is: text that is no UTF-8 would end the whole statement."""

    output_field = BinaryField()
    template = "CAST(%(expressions)s AS BLOB)"


def ids_out_of_form(*, after: UUID | None = None) -> Iterator[str]:
    """Ids of events as the column holds them, fit to be shown; in the order of the column, those behind `after`."""
    if connection.features.has_native_uuid_field:
        return
    odd = AuditEvent.objects.filter(~IsIdInForm("pk")).order_by("id")
    if after is not None:
        odd = odd.filter(pk__gt=after)
    for stored in odd.values_list(_StoredBytes("pk"), flat=True).iterator(AT_A_TIME):
        text = clean_text(bytes(stored).decode(errors="replace"), limit=ID_LENGTH)
        yield "".join(character if character.isprintable() else "\ufffd" for character in text)
