"""Waiting for a job, for commands that end when it has."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.services.work import run_job

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Ending:
    """`problem` says why it did not succeed, and is empty when it did."""

    outcome: Mapping[str, Any]
    problem: str


def finish_job(job_id: UUID) -> Ending:
    """Does it here, unless a worker has it already, and comes back when it is done, gave up or was cancelled."""
    while True:
        run_job(job_id, now=timezone.now())
        job = Job.objects.get(pk=job_id)
        if job.state == Job.State.DONE:
            return Ending(job.outcome, "")
        if job.state not in Job.OPEN:
            return Ending(job.outcome, job.last_error or job.get_state_display())
        time.sleep(POLL_SECONDS)
