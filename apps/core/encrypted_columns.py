"""Every encrypted column there is, read as it is stored: to encrypt it anew, and to know when an old key may go."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import ExpressionWrapper, F, Model, QuerySet, TextField

from apps.core.encryption import VERSION, EncryptionError, keyring
from apps.core.fields import EncryptedTextField

STORED = "stored_value"


@dataclass(frozen=True)
class EncryptedColumn:
    model: type[Model]
    field: EncryptedTextField[Any, Any]

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    def stored(self) -> QuerySet[Any]:
        """The rows, each with what the database holds of this column."""
        as_text = ExpressionWrapper(F(self.field.name), output_field=TextField())
        rows: QuerySet[Any] = self.model._base_manager.annotate(**{STORED: as_text})
        return rows

    def under_other_keys(self) -> QuerySet[Any]:
        """Rows whose value was not encrypted with the first key of the keyring."""
        current = f"{VERSION}.{keyring().primary_key_id}."
        held = self.stored().filter(**{f"{STORED}__isnull": False})
        return held.exclude(**{f"{STORED}__startswith": current})

    def encrypt_anew(self, key: Any, stored: str) -> bool:
        """Whether the value was still there, and is now under the first key. Raises: EncryptionError."""
        text = keyring().decrypt(stored, purpose=self.field.purpose).decode()
        # Whoever wrote in the meantime encrypted with a key of their own, and wins.
        held = self.stored().filter(**{"pk": key, STORED: stored})
        return bool(held.update(**{self.field.name: text}))


@dataclass
class Batch:
    """What became of one batch; `last` is its last primary key, and None when there was nothing more."""

    seen: int = 0
    written: int = 0
    unreadable: int = 0
    last: Any = None


def encrypted_columns() -> list[EncryptedColumn]:
    """In an order that does not depend on when what was loaded."""
    found = [EncryptedColumn(model, field) for model in apps.get_models() for field in _encrypted(model)]
    return sorted(found, key=lambda column: column.name)


def encrypt_batch_anew(column: EncryptedColumn, *, after: Any, size: int) -> Batch:
    """The next rows after this primary key whose values are under other keys than the first."""
    rows = column.under_other_keys().order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    batch = Batch()
    for key, stored in rows.values_list("pk", STORED)[:size]:
        batch.seen += 1
        batch.last = key
        try:
            batch.written += column.encrypt_anew(key, stored)
        except EncryptionError:
            batch.unreadable += 1
    return batch


def count_under_other_keys(*, limit: int) -> int:
    """Over all columns, and no further than to `limit`: reads each column once, and no value of it."""
    found = 0
    for column in encrypted_columns():
        found += column.under_other_keys().order_by()[: limit - found].count()
        if found >= limit:
            break
    return found


def _encrypted(model: type[Model]) -> Iterator[EncryptedTextField[Any, Any]]:
    if model._meta.proxy or not model._meta.managed:
        return
    for field in model._meta.local_concrete_fields:
        if isinstance(field, EncryptedTextField):
            yield field
