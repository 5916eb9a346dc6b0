"""What a file outside the database tells of a log that was cut or sealed anew inside it."""

import io
import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from apps.audit.errors import SealChainBroken
from apps.audit.findings import FindingKind, Verdict, VerificationReport
from apps.audit.models import AuditEvent, SealBatch, SealedEvent
from apps.audit.ports import signer
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import verify_log
from tests.integration.audit.log_setup import (
    NOW,
    LogTestSigner,
    record,
    record_many,
    run_sql,
    triggers_dropped,
)

# Committed for real: the witness is written by the commit.
pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(seconds=5)
BATCH_SIZE = 4


@pytest.fixture
def witness(settings: Settings, tmp_path: Path) -> Path:
    settings.AUDIT_WITNESS_FILE = tmp_path / "audit_witness"
    return tmp_path / "audit_witness"


@pytest.fixture
def log(witness: Path) -> list[AuditEvent]:
    """Ten sealed events under three checkpoints, and a witness of the third."""
    recorded = record_many(10)
    assert seal_pending(now=LATER, batch_size=BATCH_SIZE) == 10
    return recorded


def verify(*others: Path) -> VerificationReport:
    return verify_log(now=LATER, witnesses=others)


def kinds(report: VerificationReport) -> set[FindingKind]:
    return {finding.kind for finding in report.findings}


def forget_all_seals() -> None:
    with triggers_dropped():
        run_sql("UPDATE audit_event SET action = 'door.closed'")
        run_sql("DELETE FROM audit_sealed_event")
        run_sql("DELETE FROM audit_seal_batch")


def cut_newest_checkpoint() -> None:
    with triggers_dropped():
        run_sql(
            "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_sealed_event WHERE seal_number > 8)"
        )
        run_sql("DELETE FROM audit_sealed_event WHERE seal_number > 8")
        run_sql("DELETE FROM audit_seal_batch WHERE number = 3")


def seal_anew_without(witness: Path) -> None:
    """As somebody does who can also keep the sealer from its file, or owns another host."""
    held = witness.read_bytes()
    forget_all_seals()
    witness.unlink()
    seal_pending(now=LATER + timedelta(hours=1), batch_size=BATCH_SIZE)
    witness.write_bytes(held)


def test_newest_checkpoint_is_kept_for_its_owner_only(log: list[AuditEvent], witness: Path) -> None:
    newest = SealBatch.objects.get(number=3)
    held = json.loads(witness.read_text())
    assert (held["number"], held["tree_size"], held["root"]) == (3, 10, bytes(newest.root_hash).hex())
    assert stat.S_IMODE(witness.stat().st_mode) == 0o600
    assert [path.name for path in witness.parent.iterdir()] == [witness.name]


def test_untouched_log_agrees_with_its_witness_and_is_sealed_on(log: list[AuditEvent], witness: Path) -> None:
    record(now=LATER)
    assert seal_pending(now=LATER) == 1
    assert json.loads(witness.read_text())["number"] == 4
    report = verify()
    assert (report.findings, report.notes) == ([], [])
    assert (report.verdict, report.witnessed_count) == (Verdict.INTACT, 11)


def test_no_witness_is_kept_unless_a_file_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_WITNESS_FILE = None
    record()
    assert seal_pending(now=LATER) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("attack", [forget_all_seals, cut_newest_checkpoint])
def test_sealer_refuses_a_database_that_lost_what_the_witness_names(
    log: list[AuditEvent], attack: Callable[[], None]
) -> None:
    attack()
    left = SealedEvent.objects.count()
    record(now=LATER)
    with pytest.raises(
        SealChainBroken, match=r"checkpoint 3 over 10 events is not in the database.*restored"
    ):
        seal_pending(now=LATER)
    assert SealedEvent.objects.count() == left


@pytest.mark.parametrize("attack", [forget_all_seals, cut_newest_checkpoint])
def test_verification_names_the_witnessed_checkpoint_that_is_gone(
    log: list[AuditEvent], attack: Callable[[], None]
) -> None:
    attack()
    report = verify()
    assert [(f.kind, f.checkpoint_number) for f in report.findings] == [(FindingKind.WITNESS_CONTRADICTED, 3)]


def test_log_sealed_anew_contradicts_its_witness(log: list[AuditEvent], witness: Path) -> None:
    seal_anew_without(witness)
    assert SealedEvent.objects.count() == 10
    report = verify()
    assert kinds(report) == {FindingKind.WITNESS_CONTRADICTED}
    assert "is another one in the database" in report.findings[0].message
    record(now=LATER + timedelta(hours=1))
    with pytest.raises(SealChainBroken, match="is another one"):
        seal_pending(now=LATER + timedelta(hours=2))


def test_without_its_witness_a_log_sealed_anew_is_taken_for_intact(
    log: list[AuditEvent], witness: Path
) -> None:
    # The documents say so: the witness is the proof.
    seal_anew_without(witness)
    witness.unlink()
    report = verify()
    assert report.verdict == Verdict.UNWITNESSED
    assert any("There is no witness" in note for note in report.notes)


def test_witness_that_lags_behind_is_no_contradiction(log: list[AuditEvent], witness: Path) -> None:
    behind = witness.read_bytes()
    record(now=LATER)
    seal_pending(now=LATER)
    witness.write_bytes(behind)
    report = verify()
    assert (report.verdict, report.witnessed_count, report.tree_size) == (Verdict.INTACT, 10, 11)
    record(now=LATER)
    assert seal_pending(now=LATER + timedelta(seconds=5)) == 1
    assert json.loads(witness.read_text())["number"] == 5


def test_restored_backup_is_accepted_by_moving_the_witness_away(log: list[AuditEvent], witness: Path) -> None:
    cut_newest_checkpoint()
    record(now=LATER)
    with pytest.raises(SealChainBroken, match="move the witness file away"):
        seal_pending(now=LATER)
    witness.rename(witness.with_suffix(".old"))
    assert seal_pending(now=LATER) == 1
    assert json.loads(witness.read_text())["number"] == 3
    assert verify().is_intact


@pytest.mark.parametrize(
    "change", ["number", "tree_size", "root", "signed_text", "signature", "algorithm", "cut"]
)
def test_changed_witness_stops_the_sealer_and_is_a_finding(
    log: list[AuditEvent], witness: Path, change: str
) -> None:
    held = json.loads(witness.read_text())
    changes = {
        "number": 2,
        "tree_size": 9,
        "root": "00" * 32,
        "signed_text": held["signed_text"].replace("sealed-at 2", "sealed-at 1"),
        "signature": "AAAA",
        "algorithm": "none",
    }
    line = json.dumps(held | {change: changes[change]}) if change in changes else json.dumps(held)[:40]
    witness.write_text(line)
    record(now=LATER)
    with pytest.raises(SealChainBroken):
        seal_pending(now=LATER)
    assert kinds(verify()) <= {FindingKind.WITNESS_CONTRADICTED, FindingKind.WITNESS_UNREADABLE}
    assert not verify().is_intact


def test_witness_of_another_key_is_a_contradiction(log: list[AuditEvent]) -> None:
    with signer.replaced(LogTestSigner()):
        assert FindingKind.WITNESS_CONTRADICTED in kinds(verify())


def test_sealing_goes_on_and_says_so_when_the_witness_cannot_be_written(
    settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_WITNESS_FILE = tmp_path / "missing" / "audit_witness"
    record()
    with capture_logs() as lines:
        assert seal_pending(now=LATER) == 1
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["audit_witness_not_kept"]


# Witnesses kept elsewhere -----------------------------------------------------------------------------------------


def process_log(path: Path, events: int) -> Path:
    """What a log collector holds: the lines of the sealer among others."""
    record_many(events)
    with capture_logs() as lines:
        seal_pending(now=LATER, batch_size=BATCH_SIZE)
    named = [f"worker-1  | {json.dumps(line)}\n" for line in lines]
    path.write_text(
        "".join(["not JSON\n", '{"event": "request"}\n', *named, '{"event": "audit_checkpoint", "num'])
    )
    return path


def test_process_log_of_an_untouched_log_agrees(tmp_path: Path) -> None:
    report = verify(process_log(tmp_path / "worker.log", 10))
    assert report.is_intact
    assert any("1 lines about a checkpoint cannot be read" in note for note in report.notes)


def test_every_checkpoint_of_a_process_log_must_be_in_the_database(tmp_path: Path) -> None:
    kept = process_log(tmp_path / "worker.log", 10)
    forget_all_seals()
    seal_pending(now=LATER, batch_size=5)
    contradicted = [(finding.kind, finding.checkpoint_number) for finding in verify(kept).findings]
    assert contradicted == [(FindingKind.WITNESS_CONTRADICTED, number) for number in (1, 2, 3)]


def test_command_holds_the_log_against_another_file(tmp_path: Path) -> None:
    kept = process_log(tmp_path / "worker.log", 10)
    out = io.StringIO()
    call_command("verify_audit_log", "--witness", str(kept), stdout=out)
    assert out.getvalue().startswith("Intact: 10 sealed events")
    assert "Witnessed outside the database: the first 10 of them." in out.getvalue()
    cut_newest_checkpoint()
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit_log", "--witness", str(kept), stdout=out)
    assert stopped.value.code == 1
    assert f"Witness {kept}: checkpoint 3 over 10 events is not in the database." in out.getvalue()
    assert "NO WITNESS" not in out.getvalue()


def test_command_does_not_call_a_witness_missing_that_contradicts(
    log: list[AuditEvent],
) -> None:
    forget_all_seals()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit_log", stdout=out)
    assert "TAMPERED WITH: Witness" in out.getvalue()
    assert "outside the database" not in out.getvalue()


@pytest.mark.parametrize("content", [None, "", '{"event": "request"}\n'])
def test_file_that_names_no_checkpoint_is_wrong_usage(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "worker.log"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError) as refused:
        call_command("verify_audit_log", "--witness", str(path))
    assert refused.value.returncode == 2
