"""The statements that keep what follows from groups within groups, alike on both databases.

A row of `directory_groupreach` counts the ways from one group down to another by their length. There are no cycles, so
each way leads through a nesting at most once: what a nesting adds, and what goes with it, is the product of the ways
down to its outer group and the ways down from its inner one.
"""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

# Any number that nothing else in this database locks by.
NESTING_LOCK = 0x6E657374

_WAYS_UP = "SELECT ancestor_id AS id, distance, paths FROM directory_groupreach WHERE descendant_id = %s"
_WAYS_DOWN = "SELECT descendant_id AS id, distance, paths FROM directory_groupreach WHERE ancestor_id = %s"
_ITSELF = " UNION ALL SELECT id, 0, 1 FROM directory_group WHERE id = %s"
_JOINED = """
INSERT INTO directory_groupreach (ancestor_id, descendant_id, distance, paths)
SELECT up.id, down.id, up.distance + down.distance + {step}, SUM(up.paths * down.paths)
FROM ({up}) up CROSS JOIN ({down}) down WHERE TRUE
GROUP BY up.id, down.id, up.distance + down.distance
ON CONFLICT (ancestor_id, descendant_id, distance)
DO UPDATE SET paths = directory_groupreach.paths {sign} excluded.paths
"""


def lock_nestings() -> None:
    """One change of the nestings at a time. SQLite's write transactions exclude each other anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NESTING_LOCK])


def add_ways(*, parent_id: UUID, child_id: UUID) -> None:
    _through_nesting(parent_id, child_id, sign="+")


def take_ways(*, parent_id: UUID, child_id: UUID) -> None:
    _through_nesting(parent_id, child_id, sign="-")
    _forget_the_empty()


def take_ways_through(*, group_id: UUID) -> None:
    """Those that lead over the group; those that begin or end at it go with it."""
    _execute(_JOINED.format(step=0, sign="-", up=_WAYS_UP, down=_WAYS_DOWN), [group_id, group_id])
    _forget_the_empty()


def _through_nesting(parent_id: UUID, child_id: UUID, *, sign: str) -> None:
    statement = _JOINED.format(step=1, sign=sign, up=_WAYS_UP + _ITSELF, down=_WAYS_DOWN + _ITSELF)
    _execute(statement, [parent_id, parent_id, child_id, child_id])


def _forget_the_empty() -> None:
    _execute("DELETE FROM directory_groupreach WHERE paths = 0", [])


def _execute(statement: str, keys: list[UUID]) -> None:
    stored: list[Any] = [UUIDField().get_db_prep_value(key, connection) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(statement, stored)
