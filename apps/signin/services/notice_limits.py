"""How many notices of a kind a person is sent within a day, in single statements that hold under concurrency."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, DateTimeField, F, IntegerField, Q, Value, When

from apps.signin.models import NoticeCount

DAY = timedelta(days=1)


def may_be_sent(*, user_id: UUID, kind: str, limit: int, now: datetime) -> bool:
    """Counts one notice, unless the day has seen as many as the limit already."""
    NoticeCount.objects.bulk_create(
        [NoticeCount(user_id=user_id, kind=kind, began_at=now)], ignore_conflicts=True
    )
    is_over = Q(began_at__lte=now - DAY)
    return bool(
        NoticeCount.objects.filter(is_over | Q(count__lt=limit), user_id=user_id, kind=kind).update(
            count=Case(When(is_over, then=Value(1)), default=F("count") + 1, output_field=IntegerField()),
            began_at=Case(
                When(is_over, then=Value(now, output_field=DateTimeField())), default=F("began_at")
            ),
        )
    )
