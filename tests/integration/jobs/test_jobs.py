"""Background work: done once per success, tried again after failures, and never lost."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from celery import current_app
from django.db import IntegrityError, connection, connections, transaction
from freezegun import freeze_time

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, Subject
from apps.core.origin import SYSTEM_ORIGIN
from apps.jobs.errors import JobFailed, LeaseLost, UnknownKind
from apps.jobs.models import Job
from apps.jobs.ports import Attempt, JobKind, kinds
from apps.jobs.selectors import due_job_ids
from apps.jobs.services.administration import cancel_job, remove_ended_jobs, retry_job
from apps.jobs.services.enqueue import enqueue
from apps.jobs.services.work import delay_after, run_job
from apps.jobs.tasks import sweep
from tests.services.soak import times

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KIM = Subject(kind="user", id="kim")
Work = Callable[[Attempt], Mapping[str, Any] | None]


class Desk:
    """One kind of job whose work a test sets as it goes along."""

    def __init__(self) -> None:
        self.work: Work = lambda attempt: None
        self.seen: list[Attempt] = []
        self.kind = JobKind(
            name="test.work", title="Test work", run=self.run, attempts=3, lease=timedelta(minutes=1)
        )

    def run(self, attempt: Attempt) -> Mapping[str, Any] | None:
        self.seen.append(attempt)
        return self.work(attempt)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with kinds.replaced(desk.kind):
        yield desk


def ask(**fields: Any) -> Job:
    defaults: dict[str, Any] = {"kind": "test.work", "payload": {"n": 1}, "actor": KIM, "now": NOW}
    return enqueue(**(defaults | fields))


def fail(attempt: Attempt) -> None:
    raise JobFailed("The mail server said no.")


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


def fail_for_good(attempt: Attempt) -> None:
    raise JobFailed("There is nobody there.", is_permanent=True)


# Asking ------------------------------------------------------------------------------------------------------------


def test_job_is_done_once(desk: Desk) -> None:
    desk.work = lambda attempt: {"sent": attempt.payload["n"]}
    job = ask()
    assert run_job(job.pk, now=NOW)
    assert not run_job(job.pk, now=NOW + timedelta(days=1))
    job.refresh_from_db()
    assert (job.state, job.outcome, job.attempts, job.last_error) == (Job.State.DONE, {"sent": 1}, 1, "")
    assert job.finished_at is not None
    assert len(desk.seen) == 1
    assert desk.seen[0].actor == KIM


def test_job_exists_only_if_what_it_is_for_was_committed(desk: Desk) -> None:
    def ask_and_fail() -> None:
        with transaction.atomic():
            ask()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    assert not Job.objects.exists()


def test_worker_is_told_after_the_commit_and_not_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, retry: told.append((name, args)))
    with django_capture_on_commit_callbacks(execute=True):
        job = ask()
        ask(not_before=NOW + timedelta(hours=1))
        assert told == []
    assert told == [("jobs.run_job", [str(job.pk)])]


def test_broker_that_is_away_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        job = ask()
    assert due_job_ids(now=NOW, limit=10) == [job.pk]


def test_what_is_asked_for_twice_is_one_job_until_it_is_done(desk: Desk) -> None:
    job = ask(key="a")
    assert ask(key="a").pk == job.pk
    assert ask(key="b").pk != job.pk
    assert ask().pk != ask().pk
    run_job(job.pk, now=NOW)
    assert ask(key="a").pk != job.pk


def test_kind_that_nobody_knows_is_not_taken(desk: Desk) -> None:
    with pytest.raises(UnknownKind):
        ask(kind="test.other")


def test_input_is_not_readable_in_the_table(desk: Desk) -> None:
    ask(payload={"link": "https://login.example.com/reset/secret-token"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM jobs_job")
        (stored,) = cursor.fetchone()
    assert "secret-token" not in stored


def test_job_for_later_waits(desk: Desk) -> None:
    job = ask(not_before=NOW + timedelta(hours=1))
    assert not run_job(job.pk, now=NOW)
    assert run_job(job.pk, now=NOW + timedelta(hours=1))


# Failing -----------------------------------------------------------------------------------------------------------


def test_failure_is_tried_again_later_and_in_the_end_given_up(desk: Desk) -> None:
    desk.work = fail
    with freeze_time(NOW) as clock:
        job = ask()
        for attempt in (1, 2):
            run_job(job.pk, now=datetime.now(UTC))
            job.refresh_from_db()
            assert (job.state, job.attempts) == (Job.State.QUEUED, attempt)
            assert job.last_error == "The mail server said no."
            assert not run_job(job.pk, now=datetime.now(UTC))
            clock.move_to(job.next_attempt_at)
        run_job(job.pk, now=datetime.now(UTC))
        clock.tick(timedelta(days=7))
        assert not run_job(job.pk, now=datetime.now(UTC))
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DEAD, 3)
    (event,) = events("job.gave_up")
    assert (event.outcome, event.target_id) == ("error", str(job.pk))
    assert event.details == {"kind": "test.work", "attempts": 3}


def test_work_that_failed_halfway_goes_on_where_it_was(desk: Desk) -> None:
    def halfway(attempt: Attempt) -> None:
        attempt.advance(done=40, total=100, position={"after": "m"})
        raise JobFailed("Too bad.")

    desk.work = halfway
    job = ask()
    run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.done, job.total) == (40, 100)
    desk.work = lambda attempt: {"went_on_after": attempt.position["after"]}
    run_job(job.pk, now=job.next_attempt_at)
    job.refresh_from_db()
    assert job.outcome == {"went_on_after": "m"}
    assert [attempt.number for attempt in desk.seen] == [1, 2]


def test_what_others_code_raises_is_named_but_not_repeated(desk: Desk) -> None:
    def leak(attempt: Attempt) -> None:
        raise ValueError("password=hunter2")

    desk.work = leak
    job = ask()
    run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert job.last_error == "ValueError"


def test_database_error_in_the_work_is_an_error_of_the_job(desk: Desk) -> None:
    def collide(attempt: Attempt) -> None:
        with transaction.atomic():
            raise IntegrityError

    desk.work = collide
    job = ask()
    run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.last_error) == (Job.State.QUEUED, "IntegrityError")


def test_waiting_grows_and_is_spread(desk: Desk) -> None:
    kind = JobKind(name="x", title="x", run=lambda attempt: None)
    for attempt, least in ((1, 10), (2, 20), (3, 40), (9, 2_560), (30, 3_600), (5_000, 3_600)):
        delays = {delay_after(attempt, kind).total_seconds() for _ in range(50)}
        assert all(least <= delay <= least * 1.2 for delay in delays)
        assert len(delays) > 1


# Dying -------------------------------------------------------------------------------------------------------------


def test_job_of_a_worker_that_died_goes_to_another(desk: Desk) -> None:
    job = ask()
    Job.objects.update(state=Job.State.RUNNING, attempts=1, lease_until=NOW + timedelta(minutes=1))
    assert not run_job(job.pk, now=NOW)
    assert due_job_ids(now=NOW, limit=10) == []
    later = NOW + timedelta(minutes=1)
    assert due_job_ids(now=later, limit=10) == [job.pk]
    assert run_job(job.pk, now=later)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)


def test_job_that_takes_each_worker_down_is_given_up(desk: Desk) -> None:
    job = ask()
    Job.objects.update(state=Job.State.RUNNING, attempts=3, lease_until=NOW)
    assert run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, desk.seen) == (Job.State.DEAD, [])
    assert job.last_error == "Each attempt ended without a sign of life."


def test_worker_that_was_taken_for_dead_writes_nothing_more(desk: Desk) -> None:
    job = ask()

    def outlive_the_lease(attempt: Attempt) -> Mapping[str, Any]:
        Job.objects.update(lease_until=NOW)
        desk.work = lambda attempt: {"by": "the second"}
        assert run_job(job.pk, now=NOW)
        with pytest.raises(LeaseLost):
            attempt.advance(done=1)
        return {"by": "the first"}

    desk.work = outlive_the_lease
    run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.outcome, job.done) == (Job.State.DONE, {"by": "the second"}, 0)


def test_sign_of_life_keeps_the_job(desk: Desk) -> None:
    job = ask()

    def take_long(attempt: Attempt) -> None:
        for done in range(1, 10):
            clock.tick(timedelta(seconds=50))
            attempt.advance(done=done, total=10)
            assert not run_job(job.pk, now=datetime.now(UTC))

    desk.work = take_long
    with freeze_time(NOW) as clock:
        run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 1)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_twenty_workers_do_a_job_once(desk: Desk) -> None:
    for _ in range(times(2, soak=100)):
        desk.seen.clear()
        job, barrier = ask(key="once"), Barrier(20)

        def work(_number: int, job: Job = job, barrier: Barrier = barrier) -> bool:
            try:
                barrier.wait(timeout=60)
                return run_job(job.pk, now=NOW)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(20) as pool:
            assert sorted(pool.map(work, range(20))) == [False] * 19 + [True]
        assert len(desk.seen) == 1


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_asked_for_twenty_times_at_once_it_is_one_job(desk: Desk) -> None:
    for number in range(times(2, soak=100)):
        barrier = Barrier(20)

        def work(_number: int, key: str = f"k{number}", barrier: Barrier = barrier) -> Any:
            try:
                barrier.wait(timeout=60)
                with transaction.atomic():
                    return ask(key=key).pk
            finally:
                connections.close_all()

        with ThreadPoolExecutor(20) as pool:
            assert len(set(pool.map(work, range(20)))) == 1
    assert Job.objects.count() == times(2, soak=100)


# Afterwards ---------------------------------------------------------------------------------------------------------


def test_sweep_announces_what_is_due(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("apps.jobs.tasks.run.apply_async", lambda args, expires: told.append(args))
    job = ask()
    ask(not_before=datetime.now(UTC) + timedelta(hours=1))
    sweep()
    assert told == [(str(job.pk),)]


def test_job_that_gave_up_is_tried_again_when_somebody_says_so(desk: Desk) -> None:
    job = ask(key="a")
    Job.objects.update(state=Job.State.DEAD, attempts=3, finished_at=NOW)
    job.refresh_from_db()
    assert retry_job(job=job, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert not retry_job(job=job, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert run_job(job.pk, now=NOW)
    assert [event.target_id for event in events("job.retried")] == [str(job.pk)]


def test_job_is_not_tried_again_beside_its_successor(desk: Desk) -> None:
    job = ask(key="a")
    Job.objects.update(state=Job.State.DEAD)
    ask(key="a")
    assert not retry_job(job=job, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert events("job.retried") == []


@pytest.mark.parametrize(
    ("state", "is_cancelled"),
    [("queued", True), ("dead", True), ("running", False), ("done", False), ("cancelled", False)],
)
def test_job_is_cancelled_unless_it_runs_or_ended(desk: Desk, state: str, is_cancelled: bool) -> None:
    job = ask()
    Job.objects.update(state=state)
    assert cancel_job(job=job, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW) is is_cancelled
    assert len(events("job.cancelled")) == is_cancelled
    if is_cancelled:
        assert not run_job(job.pk, now=NOW)


def test_ended_jobs_go_after_a_month_and_those_that_gave_up_stay(desk: Desk) -> None:
    for state in Job.State:
        Job.objects.filter(pk=ask().pk).update(state=state, finished_at=NOW)
    assert remove_ended_jobs(now=NOW + timedelta(days=29)) == 0
    assert remove_ended_jobs(now=NOW + timedelta(days=30)) == 2
    assert {*Job.objects.values_list("state", flat=True)} == {"queued", "running", "dead"}


# Giving up at once --------------------------------------------------------------------------------------------------


def test_permanent_failure_is_not_tried_again(desk: Desk) -> None:
    desk.work = fail_for_good
    job = ask()
    run_job(job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == (Job.State.DEAD, 1, "There is nobody there.")
    assert len(events("job.gave_up")) == 1


def test_kind_is_told_of_a_job_given_up_in_the_same_transaction(desk: Desk) -> None:
    told: list[tuple[int, str]] = []

    def gave_up(attempt: Attempt, reason: str) -> None:
        assert connection.in_atomic_block
        told.append((attempt.number, reason))

    desk.work = fail
    with kinds.replaced(replace(desk.kind, gave_up=gave_up)):
        job = ask()
        for number in range(1, 4):
            assert not told
            run_job(job.pk, now=NOW + timedelta(days=number * 30))
    assert told == [(3, "The mail server said no.")]
