import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent
from apps.audit.services.sealing import seal_pending
from tests.integration.audit.log_setup import NOW, record_many, run_sql, stored, triggers_dropped

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> list[AuditEvent]:
    recorded = record_many(3)
    seal_pending(now=NOW + timedelta(seconds=5))
    return recorded


def test_log_without_a_witness_is_said_to_be_intact_in_itself_only(log: list[AuditEvent]) -> None:
    out = io.StringIO()
    call_command("verify_audit_log", stdout=out)
    first, _root, third, *_rest = out.getvalue().splitlines()
    assert first == "Intact in itself: 3 sealed events, 1 checkpoint."
    assert third.startswith("NO WITNESS: nothing outside the database was compared")


def test_tampering_exits_with_1_and_names_the_first_bad_row_in_one_line(log: list[AuditEvent]) -> None:
    with triggers_dropped():
        run_sql("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[1]))
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit_log", stdout=out)
    assert stopped.value.code == 1
    first_line = out.getvalue().splitlines()[0]
    assert "NO WITNESS" in out.getvalue()
    assert first_line == f"TAMPERED WITH: Event {log[1].id} (seal 2) was changed after it was sealed."


def test_json_report_says_the_same_for_programs(log: list[AuditEvent]) -> None:
    with triggers_dropped():
        run_sql("DELETE FROM audit_event WHERE id = %s", stored(log[2]))
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit_log", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert stopped.value.code == 1
    assert (report["intact"], report["sealed"], report["finding_count"]) == (False, 3, 1)
    assert report["findings"][0] == {
        "kind": "event_deleted",
        "message": f"Event {log[2].id} (seal 3) is gone from the log.",
        "seal_number": 3,
        "event_id": str(log[2].id),
        "checkpoint_number": None,
    }


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--limit", "many"], ["--unknown"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("verify_audit_log", *arguments)
    assert refused.value.returncode == 1  # argparse itself exits with 2 when it is run from the shell


def test_verifying_again_includes_the_event_of_the_first_run(log: list[AuditEvent]) -> None:
    call_command("verify_audit_log", stdout=io.StringIO())
    seal_pending(now=NOW + timedelta(seconds=10))
    out = io.StringIO()
    call_command("verify_audit_log", stdout=out)
    assert AuditEvent.objects.filter(action="log.verified").count() == 2
