"""Bundles as the export writes them: what they hold, and that they verify without Gatehouse."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from apps.audit import gatehouse_verify
from apps.audit.canonical import EventContent, event_leaf_hash
from apps.audit.errors import LogDoesNotVerify, NothingToProve
from apps.audit.models import AuditEvent, SealBatch, SealedEvent
from apps.audit.ports import Subject
from apps.audit.services.evidence import EvidenceRequest, export_evidence
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from tests.factories.audit_log import write_events
from tests.integration.audit.evidence_setup import export, jwk_of, lines_of, run_verifier, unpacked
from tests.integration.audit.log_setup import (
    NOW,
    LogTestSigner,
    record,
    record_many,
    run_sql,
    stored,
    triggers_dropped,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def log() -> list[AuditEvent]:
    """Thirteen events under four checkpoints."""
    recorded = record_many(13)
    seal_pending(now=LATER, batch_size=4)
    return recorded


@pytest.fixture
def key_file(tmp_path: Path, log_signer: LogTestSigner) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(jwk_of(log_signer.private_key)))
    return path


def between(first: AuditEvent, last: AuditEvent) -> dict[str, object]:
    return {"start": first.occurred_at, "end": last.occurred_at + timedelta(microseconds=1)}


def test_bundle_holds_every_event_of_the_time_and_verifies(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    path = tmp_path / "evidence.zip"
    files = export(path, **between(log[3], log[9]))
    events = [json.loads(line) for line in lines_of(files["events.jsonl"])]
    assert [event["id"] for event in events] == [str(event.id) for event in log[3:10]]
    seals = [json.loads(line) for line in lines_of(files["seals.jsonl"])]
    assert [seal["seal"] for seal in seals] == [4, 5, 6, 7, 8, 9, 10]
    assert seals[0]["personal"]["actor_label"] == "alice@example.com"
    verdict = run_verifier(path, "--key", key_file)
    assert (verdict.code, verdict.first_line) == (0, "VERIFIED: 7 events of localhost:8000/audit."), (
        verdict.text
    )
    assert "Without a gap from seal 4 to 10." in verdict.text
    assert "7 shown and proven, 0 withheld, 0 erased" in verdict.text


def test_verifier_of_the_bundle_is_the_one_of_the_project(log: list[AuditEvent], tmp_path: Path) -> None:
    path, program = tmp_path / "evidence.zip", tmp_path / "verify.py"
    program.write_bytes(export(path)["gatehouse_verify.py"])
    verdict = run_verifier(path, program=program)
    assert (verdict.code, verdict.first_line) == (
        0,
        "CONSISTENT IN ITSELF: 13 events of localhost:8000/audit.",
    )
    assert "NO KEY GIVEN" in verdict.text


def test_thumbprint_is_enough_to_know_the_key(
    log: list[AuditEvent], tmp_path: Path, log_signer: LogTestSigner
) -> None:
    path = tmp_path / "evidence.zip"
    export(path)
    thumbprint = gatehouse_verify.thumbprint(log_signer.private_key.public_key().public_bytes_raw())
    assert run_verifier(path, f"--thumbprint={thumbprint}").first_line.startswith("VERIFIED")
    other = run_verifier(path, f"--thumbprint={thumbprint[::-1]}")
    assert (other.code, "not among those to be trusted" in other.first_line) == (1, True)


def test_bundle_without_personal_values_holds_none_and_verifies(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    path = tmp_path / "evidence.zip"
    files = export(path, has_personal=False)
    assert not any(b"alice" in content or b"192.0.2.7" in content for content in files.values())
    assert b"salt" not in files["seals.jsonl"]
    verdict = run_verifier(path, "--key", key_file)
    assert verdict.code == 0
    assert "0 shown and proven, 13 withheld" in verdict.text


def test_erased_person_stays_erased_and_the_bundle_verifies(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    run_sql("UPDATE audit_event SET personal = NULL, salt = NULL WHERE id = %s", stored(log[2]))
    path = tmp_path / "evidence.zip"
    export(path)
    verdict = run_verifier(path, "--key", key_file)
    assert verdict.code == 0
    assert "12 shown and proven, 0 withheld, 1 erased" in verdict.text


def test_events_of_chosen_actions_are_proven_one_by_one(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    write_events(20, start=LATER, step=timedelta(milliseconds=1))
    record(now=LATER + timedelta(milliseconds=7, microseconds=500))
    seal_pending(now=LATER + timedelta(seconds=5))
    path = tmp_path / "evidence.zip"
    files = export(path, start=LATER, actions=["door.opened"])
    assert len(lines_of(files["events.jsonl"])) == 1
    verdict = run_verifier(path, "--key", key_file)
    assert verdict.code == 0, verdict.text
    assert "that no other event of these actions exists is not proven" in verdict.text
    several = export(path, actions=["door.opened", "token.issued"])
    assert len(lines_of(several["events.jsonl"])) == 34
    assert run_verifier(path, "--key", key_file).code == 0


def test_time_without_events_gives_a_bundle_that_says_so(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    path = tmp_path / "evidence.zip"
    export(path, start=NOW + timedelta(minutes=1))
    verdict = run_verifier(path, "--key", key_file)
    assert (verdict.code, verdict.first_line) == (0, "VERIFIED: 0 events of localhost:8000/audit.")


def test_event_of_another_time_that_was_sealed_in_between_is_there_without_personal_values(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    record(now=NOW - timedelta(days=2), actor=Subject(kind="user", id="b", label="bob@example.com"))
    sweep_unsealed(now=LATER)
    record(now=LATER)
    seal_pending(now=LATER + timedelta(seconds=5))
    path = tmp_path / "evidence.zip"
    files = export(path)
    assert len(lines_of(files["events.jsonl"])) == 15
    assert b"bob@example.com" not in files["seals.jsonl"]
    verdict = run_verifier(path, "--key", key_file)
    assert verdict.code == 0
    assert "1 of them happened outside of that time and were sealed in between" in verdict.text


def test_log_is_proven_to_go_on_from_a_checkpoint_that_the_auditor_kept(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    path, kept = tmp_path / "evidence.zip", tmp_path / "kept.note"
    kept.write_bytes(export(path, checkpoint_number=2)["checkpoint.note"])
    export(path, since_number=2)
    verdict = run_verifier(path, "--key", key_file, "--earlier", kept)
    assert verdict.code == 0
    assert "The log goes on, unchanged, from checkpoint 2" in verdict.text
    assert "The checkpoint that you kept, number 2, is part of this log as it was." in verdict.text
    export(path, since_number=1)
    assert run_verifier(path, "--key", key_file, "--earlier", kept).code == 2
    export(path, checkpoint_number=2)
    assert run_verifier(path, "--key", key_file, "--earlier", kept).code == 0


def test_bundle_ends_with_the_checkpoint_that_was_asked_for(
    log: list[AuditEvent], tmp_path: Path, key_file: Path
) -> None:
    path = tmp_path / "evidence.zip"
    files = export(path, checkpoint_number=2)
    assert len(lines_of(files["events.jsonl"])) == 8
    assert run_verifier(path, "--key", key_file).code == 0


@pytest.mark.parametrize("first", [0, 100, 255, 256, 300, 513])
@pytest.mark.parametrize("count", [1, 2, 200])
def test_any_part_of_a_longer_log_verifies(first: int, count: int, tmp_path: Path, key_file: Path) -> None:
    step = timedelta(milliseconds=1)
    write_events(530, start=NOW, step=step)
    seal_pending(now=LATER, batch_size=64)
    path = tmp_path / "evidence.zip"
    files = export(path, start=NOW + first * step, end=NOW + (first + count) * step)
    assert len(lines_of(files["events.jsonl"])) == min(count, 530 - first)
    # The hashes beside a part without gaps are no more than two ways to the root.
    assert len(lines_of(files["inclusion.txt"])) <= 20
    with path.open("rb") as file:
        result = gatehouse_verify.verify(gatehouse_verify.Bundle(file))
    assert result.counts.shown == min(count, 530 - first)


def test_export_is_an_event_that_says_what_was_given_out(log: list[AuditEvent], tmp_path: Path) -> None:
    evidence = export_evidence(
        request=EvidenceRequest(start=NOW, end=LATER, actions=["door.opened"], since_number=1),
        output=tmp_path / "evidence.zip",
        now=LATER,
    )
    event = AuditEvent.objects.get(action="evidence.exported")
    assert (event.outcome, event.actor_kind) == ("success", "system")
    assert event.details == {
        "actions": ["door.opened"],
        "beside": 0,
        "checkpoint": 4,
        "count": 13,
        "first_seal": 1,
        "from": "2026-11-23T13:29:00.123456Z",
        "last_seal": 13,
        "manifest_sha256": evidence.manifest_digest,
        "personal": True,
        "since": 1,
        "to": "2026-11-23T13:29:05.123456Z",
        "tree_size": 13,
    }


def test_bundle_can_be_read_by_its_owner_only_and_replaces_nothing(
    log: list[AuditEvent], tmp_path: Path
) -> None:
    path = tmp_path / "evidence.zip"
    export(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        export_evidence(request=EvidenceRequest(start=NOW, end=LATER), output=path, now=LATER)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["evidence.zip"]


CHANGES = {
    "event": "UPDATE audit_event SET actor_id = 'mallory' WHERE id = {id}",
    "event deleted": "DELETE FROM audit_event WHERE id = {id}",
    "personal values": "UPDATE audit_event SET personal = '{{}}' WHERE id = {id}",
    "salt": "UPDATE audit_event SET salt = NULL WHERE id = {id}",
    "leaf": "UPDATE audit_sealed_event SET leaf_hash = substr(leaf_hash, 2) WHERE seal_number = 7",
    "seal row": "DELETE FROM audit_sealed_event WHERE seal_number = 7",
    "leaf beside": "UPDATE audit_sealed_event SET leaf_hash = substr(leaf_hash, 2) WHERE seal_number = 1",
    "seal row beside": "DELETE FROM audit_sealed_event WHERE seal_number = 1",
    "root": "UPDATE audit_seal_batch SET root_hash = chain_hash",
    "signature": "UPDATE audit_seal_batch SET signature = substr(signature, 2)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_bundle_is_made_of_a_log_that_was_changed_and_the_attempt_is_an_event(
    log: list[AuditEvent], tmp_path: Path, change: str
) -> None:
    request = EvidenceRequest(**between(log[4], log[8]))  # type: ignore[arg-type]  # two times
    with triggers_dropped():
        run_sql(change.format(id=f"'{stored(log[6])}'").replace("%", "%%"))
    with pytest.raises(LogDoesNotVerify):
        export_evidence(request=request, output=tmp_path / "evidence.zip", now=LATER)
    assert list(tmp_path.iterdir()) == []
    event = AuditEvent.objects.get(action="evidence.exported")
    assert (event.outcome, event.details["reason"]) == ("error", "log_does_not_verify")


def test_event_changed_together_with_its_leaf_makes_no_bundle(log: list[AuditEvent], tmp_path: Path) -> None:
    with triggers_dropped():
        run_sql("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[6]))
        fresh = AuditEvent.objects.get(pk=log[6].pk)
        leaf = event_leaf_hash(EventContent(*(getattr(fresh, name) for name in EventContent._fields)))
        SealedEvent.objects.filter(seal_number=7).update(leaf_hash=leaf)
    with pytest.raises(LogDoesNotVerify, match="do not lead to the root"):
        export(tmp_path / "evidence.zip")


def test_nothing_is_left_behind_when_the_event_cannot_be_written(
    log: list[AuditEvent], tmp_path: Path
) -> None:
    number_of_events = AuditEvent.objects.count()
    with pytest.raises(OSError, match="evidence"):
        export_evidence(
            request=EvidenceRequest(start=NOW, end=LATER),
            output=tmp_path / "missing" / "evidence.zip",
            now=LATER,
        )
    with pytest.raises(NothingToProve):
        export(tmp_path / "evidence.zip", since_number=9)
    assert list(tmp_path.iterdir()) == []
    assert AuditEvent.objects.count() == number_of_events


def test_bundle_over_an_empty_log_is_refused(tmp_path: Path) -> None:
    assert not SealBatch.objects.exists()
    with pytest.raises(NothingToProve, match="nothing is sealed"):
        export(tmp_path / "evidence.zip")


def test_files_of_the_bundle_are_those_that_the_verifier_knows(log: list[AuditEvent], tmp_path: Path) -> None:
    export(tmp_path / "evidence.zip", since_number=1)
    assert set(unpacked(tmp_path / "evidence.zip")) == gatehouse_verify.KNOWN
