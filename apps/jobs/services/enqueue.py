"""Asking for work, in the transaction of what it is for."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction

from apps.audit.ports import Subject
from apps.jobs.models import Job
from apps.jobs.ports import kind_of

log = structlog.get_logger(__name__)
RUN_JOB = "jobs.run_job"


def enqueue(
    *,
    kind: str,
    payload: Mapping[str, Any],
    actor: Subject,
    now: datetime,
    key: str = "",
    not_before: datetime | None = None,
) -> Job:
    """The job, or the open one of that kind with that key. It exists if and only if the transaction commits.

    Raises: UnknownKind.
    """
    kind_of(kind)
    job = Job(
        kind=kind,
        key=key,
        payload=json.dumps(payload),
        next_attempt_at=not_before or now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        created_at=now,
    )
    if not key:
        job.save(force_insert=True)
    else:
        job = _the_open_one(job)
    if job.state == Job.State.QUEUED and job.next_attempt_at <= now:
        wake(job.pk)
    return job


def cancel_waiting(*, kind: str, key: str, now: datetime) -> bool:
    """Whether such a job had not begun, and never will. Whoever calls records what it means."""
    waiting = Job.objects.filter(kind=kind, key=key, state=Job.State.QUEUED)
    return bool(waiting.update(state=Job.State.CANCELLED, finished_at=now))


def _the_open_one(job: Job) -> Job:
    """Whoever comes second finds the row of whoever came first, or makes one if that has ended meanwhile."""
    while True:
        Job.objects.bulk_create([job], ignore_conflicts=True)
        found = Job.objects.filter(kind=job.kind, key=job.key, state__in=Job.OPEN).first()
        if found is not None:
            return found


def wake(job_id: UUID) -> None:
    """Once this transaction is committed, tell a worker. The sweep finds what this does not reach."""
    transaction.on_commit(_telling(job_id), robust=True)


def _telling(job_id: UUID) -> Callable[[], None]:
    def tell() -> None:
        try:
            current_app.send_task(RUN_JOB, args=[str(job_id)], retry=False)
        except OSError as error:  # kombu's OperationalError is one: the broker is not there
            log.warning("job_not_announced", job=str(job_id), error=type(error).__name__)

    return tell
