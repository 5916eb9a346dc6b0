"""Questions about jobs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

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


def last_done_at(*, kinds: Collection[str]) -> datetime | None:
    """When the newest job of these kinds that is done was done; those of the last 30 days are known."""
    done = Job.objects.filter(state=Job.State.DONE, kind__in=kinds)
    return done.order_by("-created_at").values_list("finished_at", flat=True).first()


def retrying_count(*, kinds: Collection[str]) -> int:
    """Those that failed, and are tried again."""
    return Job.objects.filter(state=Job.State.QUEUED, kind__in=kinds, attempts__gt=0).count()


@dataclass(frozen=True)
class Queue:
    """Of jobs in one state: how many, and since when the oldest is due, runs or has given up."""

    count: int
    oldest_at: datetime | None


def queues() -> dict[str, Queue]:
    """Those that have not ended, and those that gave up, by state; each from its own index."""
    since = {
        Job.State.QUEUED: "next_attempt_at",
        Job.State.RUNNING: "started_at",
        Job.State.DEAD: "finished_at",
    }
    found = {}
    for state, column in since.items():
        row = Job.objects.filter(state=state).aggregate(count=Count("pk"), oldest_at=Min(column))
        found[state.value] = Queue(**row)
    return found
