"""Deleting many rows without one long transaction."""

from typing import Any

from django.db.models import QuerySet

BATCH = 2_000


def delete_in_batches(rows: QuerySet[Any], *, batch: int = BATCH) -> int:
    """How many rows matched and went; each batch is a transaction of its own."""
    removed = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:batch]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        removed += len(keys)
    return removed
