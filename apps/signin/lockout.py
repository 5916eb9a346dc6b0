"""Counting guesses so that too many lock, in single statements that hold under concurrency.

An attempt is charged before its password is looked at and refunded when it was right: however many guesses
arrive at once, no more than the limit are ever tried.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest


def charge(counters: QuerySet[Any], *, limit: int, window: timedelta, now: datetime) -> bool:
    """Count one attempt on the one row of `counters`; whether the attempt may be tried.

    A locked row is left alone: guessing on does not lengthen the lock. A row that is not there allows nothing.
    """
    starts_anew = (
        Q(first_failed_at__isnull=True) | Q(first_failed_at__lte=now - window) | Q(locked_until__lte=now)
    )
    counters.filter(Q(locked_until__isnull=True) | Q(locked_until__lte=now)).update(
        failed_sign_ins=Case(
            When(starts_anew, then=Value(1)), default=F("failed_sign_ins") + 1, output_field=IntegerField()
        ),
        first_failed_at=Case(
            When(starts_anew, then=Value(now, output_field=DateTimeField())), default=F("first_failed_at")
        ),
        locked_until=None,
    )
    row = counters.values_list("failed_sign_ins", "locked_until").first()
    if row is None:
        return False
    failures, locked_until = row
    return failures <= limit and (locked_until is None or locked_until <= now)


def lock_if_exhausted(counters: QuerySet[Any], *, limit: int, duration: timedelta, now: datetime) -> bool:
    """After a failure: whether this one brought the lock down."""
    return bool(
        counters.filter(failed_sign_ins__gte=limit, locked_until__isnull=True).update(
            locked_until=now + duration
        )
    )


def clear(counters: QuerySet[Any]) -> None:
    counters.update(failed_sign_ins=0, first_failed_at=None, locked_until=None)


def refund(counters: QuerySet[Any]) -> None:
    """One attempt was right after all; the others still count, from the first of them on."""
    was_only_one = When(failed_sign_ins__lte=1, then=Value(None, output_field=DateTimeField()))
    counters.update(
        failed_sign_ins=Greatest(F("failed_sign_ins") - 1, 0),
        first_failed_at=Case(was_only_one, default=F("first_failed_at")),
    )
