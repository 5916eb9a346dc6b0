"""Questions about jobs."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.jobs.models import Job


def claimable(*, now: datetime) -> QuerySet[Job]:
    """Those that wait for nothing but a worker, and those whose worker gave no sign of life."""
    return Job.objects.filter(
        Q(state=Job.State.QUEUED, next_attempt_at__lte=now) | Q(state=Job.State.RUNNING, lease_until__lte=now)
    )


def due_job_ids(*, now: datetime, limit: int) -> list[UUID]:
    """Longest due first."""
    return list(claimable(now=now).order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def dead_job_count() -> int:
    return Job.objects.filter(state=Job.State.DEAD).count()
