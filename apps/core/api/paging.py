"""Pages by cursor: the next begins behind the last row of this one, whatever was added or removed meanwhile."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from apps.core.api.errors import Fault, InvalidQuery

SALT = "core.api.paging"
Row = TypeVar("Row")
Stored = TypeVar("Stored", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page_of(
    rows: QuerySet[Stored],
    query: Mapping[str, Any],
    *,
    newest_first: bool = False,
    read: Callable[[QuerySet[Stored]], list[Stored]] = list,
) -> Page[Stored]:
    """In the order of the keys, which have an index whatever the rows are narrowed by.

    A cursor is signed, and is good for the list and the parameters that it came with only.
    Raises: InvalidQuery.
    """
    key, limit = rows.model._meta.pk, int(query["limit"])
    narrowed = {name: str(value) for name, value in query.items() if name not in {"limit", "cursor"}}
    said = json.dumps([rows.model._meta.label, narrowed], sort_keys=True)
    place = hashlib.sha256(said.encode()).hexdigest()[:16]
    if "cursor" in query:
        bound = _read(query["cursor"], place, key)
        rows = rows.filter(**{"pk__lt" if newest_first else "pk__gt": bound})
    found = read(rows.order_by("-pk" if newest_first else "pk")[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], signing.dumps([place, str(found[limit - 1].pk)], salt=SALT))


def _read(cursor: str, place: str, key: Any) -> Any:
    refusal = InvalidQuery(
        faults=(
            Fault(
                "This is no cursor of this list with these parameters.", "invalid_cursor", parameter="cursor"
            ),
        )
    )
    try:
        read = signing.loads(cursor, salt=SALT)
        if read[0] != place:
            raise refusal
        return key.to_python(read[1])
    except (signing.BadSignature, ValidationError, ValueError, IndexError, TypeError, KeyError) as error:
        raise refusal from error
