"""Who gains what is judged by one at a time: what is harmless by itself may not be so beside another."""

from django.db import connection

GAINS_LOCK = 0x6761696E


def hold_belonging() -> None:
    """Until this transaction ends, nobody else is let into a group, given a role, or lets a role open more.

    For whoever judges such a thing in somebody's name: who joins a group that holds no role, while they give a role to
    it, would be let through twice. SQLite's write transactions exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GAINS_LOCK])
