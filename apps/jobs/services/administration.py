"""What an administrator may do about jobs."""

from datetime import datetime

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.batches import delete_in_batches
from apps.core.origin import Origin
from apps.jobs.conf import ENDED_JOBS_ARE_KEPT
from apps.jobs.events import JobAction
from apps.jobs.models import Job
from apps.jobs.services.enqueue import wake
from apps.jobs.services.work import job_subject


@transaction.atomic
def retry_job(*, job: Job, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether it had given up, has no successor that is open, and so is tried again as often as its kind allows."""
    if job.key and Job.objects.filter(kind=job.kind, key=job.key, state__in=Job.OPEN).exists():
        return False
    retried = Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
        state=Job.State.QUEUED, attempts=0, next_attempt_at=now, finished_at=None
    )
    if retried:
        _record(JobAction.JOB_RETRIED, job, actor=actor, origin=origin, now=now)
        wake(job.pk)
    return bool(retried)


@transaction.atomic
def cancel_job(*, job: Job, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether it had not begun or had given up. One that runs is not interrupted."""
    cancelled = Job.objects.filter(pk=job.pk, state__in=[Job.State.QUEUED, Job.State.DEAD]).update(
        state=Job.State.CANCELLED, finished_at=now
    )
    if cancelled:
        _record(JobAction.JOB_CANCELLED, job, actor=actor, origin=origin, now=now)
    return bool(cancelled)


def _record(action: JobAction, job: Job, *, actor: Subject, origin: Origin, now: datetime) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=job_subject(job),
        details={"kind": job.kind},
    )


def remove_ended_jobs(*, now: datetime) -> int:
    """How many went. Those that gave up stay until somebody has looked at them."""
    ended = Job.objects.filter(
        state__in=[Job.State.DONE, Job.State.CANCELLED], finished_at__lte=now - ENDED_JOBS_ARE_KEPT
    )
    return delete_in_batches(ended)
