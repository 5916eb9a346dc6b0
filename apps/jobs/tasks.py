"""Wake-ups. A lost one costs the time until the next sweep, a double one nothing."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.jobs.conf import SWEPT_AT_ONCE
from apps.jobs.selectors import due_job_ids
from apps.jobs.services.administration import remove_ended_jobs
from apps.jobs.services.enqueue import RUN_JOB
from apps.jobs.services.work import run_job


@shared_task(name=RUN_JOB, ignore_result=True)
def run(job_id: str) -> None:
    run_job(UUID(job_id), now=timezone.now())


@shared_task(name="jobs.sweep", ignore_result=True)
def sweep() -> None:
    """Announces what is due: retries, jobs of workers that died, and those whose message was lost."""
    for job_id in due_job_ids(now=timezone.now(), limit=SWEPT_AT_ONCE):
        run.apply_async(args=(str(job_id),), expires=60)


@shared_task(name="jobs.remove_ended", ignore_result=True)
def remove_ended() -> None:
    remove_ended_jobs(now=timezone.now())
