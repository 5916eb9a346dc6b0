from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from structlog.testing import capture_logs

from apps.audit.models import AuditVerificationRun, SealedEvent
from identity.celery import app
from tests.integration.audit.log_setup import record, run_sql, triggers_dropped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _worker_has_found_its_tasks() -> None:
    app.autodiscover_tasks(force=True)


def run(name: str) -> None:
    app.tasks[name].apply(throw=True)


def test_every_scheduled_task_of_the_log_exists() -> None:
    scheduled = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    of_the_log = {name for name in scheduled if name.startswith("audit.")}
    assert {"audit.seal_pending", "audit.sweep_unsealed", "audit.ensure_partitions"} <= of_the_log
    assert of_the_log <= set(app.tasks)


def test_sealing_task_seals_the_present_and_the_sweep_what_came_late() -> None:
    present = record(now=timezone.now())
    run("audit.seal_pending")
    late = record(now=timezone.now() - timedelta(days=3))
    run("audit.seal_pending")
    assert list(SealedEvent.objects.values_list("event_id", flat=True)) == [present.id]
    run("audit.sweep_unsealed")
    assert list(SealedEvent.objects.values_list("event_id", flat=True)) == [present.id, late.id]


def test_partition_task_runs_on_every_database() -> None:
    run("audit.ensure_partitions")


def test_verification_task_keeps_its_outcome_and_raises_the_alarm_in_the_process_log() -> None:
    record(now=timezone.now())
    run("audit.seal_pending")
    with capture_logs() as calm:
        run("audit.verify_log")
    with triggers_dropped():
        run_sql("UPDATE audit_event SET actor_id = 'mallory' WHERE action = 'door.opened'")
    with capture_logs() as alarmed:
        run("audit.verify_log")
    assert [entry["event"] for entry in calm + alarmed if entry["log_level"] == "error"] == [
        "audit_log_tampered"
    ]
    assert list(AuditVerificationRun.objects.values_list("is_intact", flat=True)) == [False, True]


def test_first_verification_seals_what_waits_and_a_broken_chain_does_not_keep_it_from_its_verdict() -> None:
    record(now=timezone.now())
    run("audit.verify_log")
    record(now=timezone.now())
    with triggers_dropped():
        run_sql("UPDATE audit_seal_batch SET origin = 'elsewhere'")
    with capture_logs() as alarmed:
        run("audit.verify_log")
    assert {entry["event"] for entry in alarmed if entry["log_level"] == "error"} == {
        "audit_log_not_sealed_before_verification",
        "audit_log_tampered",
    }
    verdicts = AuditVerificationRun.objects.order_by("pk").values_list("is_intact", "sealed_count")
    assert list(verdicts) == [(True, 1), (False, 1)]
