"""Somebody who may do everything always remains, also when several take each other's power at one moment."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from apps.directory.models import User
from apps.directory.selectors import last_superuser_among

SUPERUSERS_LOCK = 0x73757065


def leaves_no_superuser(people: QuerySet[User], *, now: datetime) -> bool:
    """As `last_superuser_among`, for whoever is about to act on it in this transaction.

    The rows of `people` are locked by the caller. Until the transaction ends, nobody else is told that they may take
    another superuser away: each would count on the other's.
    """
    if not people.filter(is_superuser=True).exists():
        return False
    _lock()
    return last_superuser_among(people, now=now)


def _lock() -> None:
    """SQLite's write transactions exclude each other anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SUPERUSERS_LOCK])
