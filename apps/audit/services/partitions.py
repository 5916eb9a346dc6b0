"""Keeping the months ahead open."""

from datetime import datetime, timedelta

from django.db import connection, transaction

DAYS_AHEAD = 92


def ensure_partitions(*, now: datetime) -> int:
    """Opens the missing partitions of this month and the next three, and gives their number."""
    if connection.vendor != "postgresql":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_ensure_partitions(%s, %s)", [now.date(), (now + timedelta(days=DAYS_AHEAD)).date()]
        )
        (made,) = cursor.fetchone()
    return int(made)
