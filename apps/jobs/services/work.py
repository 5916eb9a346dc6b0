"""Doing a job: claim it, try it, and write down what came of it, each in one conditional UPDATE."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.audit.ports import SYSTEM, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.jobs.errors import JobFailed, LeaseLost, UnknownKind
from apps.jobs.events import JobAction
from apps.jobs.models import Job
from apps.jobs.ports import JobKind, kind_of
from apps.jobs.selectors import claimable

log = structlog.get_logger(__name__)
# A worker that does not know the kind is older or newer than whoever asked: another may know it.
UNKNOWN_KIND = JobKind(name="", title="", run=lambda attempt: None)
ERROR_LENGTH = 500


@dataclass
class LeasedAttempt:
    """An `Attempt`: whoever holds the token may write to the row."""

    job: Job
    kind: JobKind
    token: UUID
    number: int

    @property
    def payload(self) -> Mapping[str, Any]:
        content: dict[str, Any] = json.loads(self.job.payload)
        return content

    @property
    def actor(self) -> Subject:
        return Subject(kind=self.job.actor_kind, id=self.job.actor_id)

    @property
    def position(self) -> Mapping[str, Any]:
        content: dict[str, Any] = self.job.position
        return content

    def advance(
        self, *, done: int, total: int | None = None, position: Mapping[str, Any] | None = None
    ) -> None:
        values: dict[str, Any] = {"done": done, "lease_until": timezone.now() + self.kind.lease}
        if total is not None:
            values["total"] = total
        if position is not None:
            values["position"] = dict(position)
            self.job.position = dict(position)
        self.write(**values)

    def write(self, **values: Any) -> None:
        """Raises: LeaseLost."""
        held = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, lease_token=self.token)
        if not held.update(**values):
            raise LeaseLost(str(self.job.pk))


def run_job(job_id: UUID, *, now: datetime) -> bool:
    """Whether there was something to do, and this call tried it. What the job's own code raises is written down."""
    attempt = _claim(job_id, now=now)
    if attempt is None:
        return False
    try:
        outcome = _try(attempt)
    except LeaseLost:
        log.warning("job_lease_lost", job=str(job_id), kind=attempt.job.kind)
    except Exception as error:
        log.exception("job_attempt_failed", job=str(job_id), kind=attempt.job.kind, attempt=attempt.number)
        _put_back(attempt, error, now=timezone.now())
    else:
        _finish(attempt, outcome)
    return True


def _claim(job_id: UUID, *, now: datetime) -> LeasedAttempt | None:
    name = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if name is None:
        return None
    try:
        kind = kind_of(name)
    except UnknownKind:
        kind = UNKNOWN_KIND
    token = uuid4()
    claimed = (
        claimable(now=now)
        .filter(pk=job_id)
        .update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=now + kind.lease,
            started_at=Coalesce(F("started_at"), now),
        )
    )
    if not claimed:
        return None
    job = Job.objects.get(pk=job_id)
    return LeasedAttempt(job=job, kind=kind, token=token, number=job.attempts)


def _try(attempt: LeasedAttempt) -> Mapping[str, Any]:
    if attempt.kind is UNKNOWN_KIND:
        raise JobFailed("This worker does not know this kind of job.")
    if attempt.number > attempt.kind.attempts:
        # It never came back to say that it failed: it takes its worker down with it.
        raise JobFailed("Each attempt ended without a sign of life.")
    return attempt.kind.run(attempt) or {}


def _finish(attempt: LeasedAttempt, outcome: Mapping[str, Any]) -> None:
    try:
        attempt.write(
            state=Job.State.DONE,
            finished_at=timezone.now(),
            outcome=dict(outcome),
            last_error="",
            lease_token=None,
            lease_until=None,
        )
    except LeaseLost:
        log.warning("job_lease_lost", job=str(attempt.job.pk), kind=attempt.job.kind)


@transaction.atomic
def _put_back(attempt: LeasedAttempt, error: Exception, *, now: datetime) -> None:
    """Once more later, or never again until an administrator says so."""
    reason = _words(error)
    is_permanent = isinstance(error, JobFailed) and error.is_permanent
    is_last = is_permanent or attempt.number >= attempt.kind.attempts
    values: dict[str, Any] = {"last_error": reason, "lease_token": None, "lease_until": None}
    if is_last:
        values |= {"state": Job.State.DEAD, "finished_at": now}
    else:
        values |= {
            "state": Job.State.QUEUED,
            "next_attempt_at": now + delay_after(attempt.number, attempt.kind),
        }
    try:
        attempt.write(**values)
    except LeaseLost:
        log.warning("job_lease_lost", job=str(attempt.job.pk), kind=attempt.job.kind)
        return
    if is_last:
        log.error("job_gave_up", job=str(attempt.job.pk), kind=attempt.job.kind, reason=reason)
        record_event(
            action=JobAction.JOB_GAVE_UP,
            outcome=Outcome.ERROR,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=now,
            target=job_subject(attempt.job),
            details={"kind": attempt.job.kind, "attempts": attempt.number},
        )
        if attempt.kind.gave_up is not None:
            attempt.kind.gave_up(attempt, reason)


def delay_after(attempt: int, kind: JobKind) -> timedelta:
    """Twice as long after each failure, up to a fifth more by chance: what failed together comes back apart."""
    doubled = kind.first_delay.total_seconds() * 2.0 ** min(attempt - 1, 30)
    seconds = min(kind.longest_delay.total_seconds(), doubled)
    return timedelta(seconds=seconds * (1 + secrets.randbelow(200) / 1_000))


def job_subject(job: Job) -> Subject:
    return Subject(kind="job", id=str(job.pk), label=str(job))


def _words(error: Exception) -> str:
    """What an exception of somebody else's says may be personal or secret: its name must do."""
    return str(error)[:ERROR_LENGTH] if isinstance(error, JobFailed) else type(error).__name__
