# ruff: noqa: S608 - the statements are made of the constants of this file
"""Each way to tamper with the log by SQL, with the triggers out of the way, and what verification says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from apps.audit.canonical import EventContent, event_leaf_hash
from apps.audit.checkpoint_rows import checkpoint_of
from apps.audit.findings import FindingKind, VerificationReport
from apps.audit.merkle import CompactRange
from apps.audit.models import AuditEvent, AuditVerificationRun, SealBatch, SealedEvent
from apps.audit.selectors import latest_verification
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import record_verification, verify_log
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
BATCH_SIZE = 4
EVENTS = 10

type_of_found = tuple[FindingKind, int | None, object]


@pytest.fixture
def log() -> list[AuditEvent]:
    """Ten sealed events under three checkpoints: seals 1-4, 5-8, 9-10; the first event has seal 1."""
    recorded = record_many(EVENTS)
    assert seal_pending(now=LATER, batch_size=BATCH_SIZE) == EVENTS
    return recorded


def verify() -> VerificationReport:
    return verify_log(now=LATER)


def found(report: VerificationReport) -> list[type_of_found]:
    return [(finding.kind, finding.seal_number, finding.event_id) for finding in report.findings]


def found_checkpoints(report: VerificationReport) -> list[tuple[FindingKind, int | None]]:
    return [(finding.kind, finding.checkpoint_number) for finding in report.findings]


def tamper(*statements: tuple[str, *tuple[object, ...]]) -> None:
    with triggers_dropped():
        for sql, *parameters in statements:
            run_sql(sql, *parameters)


def current_leaf(event: AuditEvent) -> bytes:
    fresh = AuditEvent.objects.get(pk=event.pk)
    return event_leaf_hash(EventContent(*(getattr(fresh, name) for name in EventContent._fields)))


def test_untouched_log_is_intact(log: list[AuditEvent]) -> None:
    report = verify()
    assert report.is_intact
    assert report.findings == []
    assert (report.warnings, report.notes) == ([], [])
    assert (report.sealed_count, report.checkpoint_count, report.unsealed_count) == (EVENTS, 3, 0)
    assert report.root_hash == bytes(SealBatch.objects.get(number=3).root_hash)


def test_empty_log_is_intact() -> None:
    report = verify()
    assert (report.is_intact, report.root_hash) == (True, None)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'door.closed'",
        "outcome = 'refused'",
        "actor_id = 'mallory'",
        "occurred_at = '2020-01-01 00:00:00'",
        'details = \'{"reason": "other"}\'',
        "commitment = salt",
    ],
)
def test_changed_event_is_named(log: list[AuditEvent], change: str) -> None:
    tamper((f"UPDATE audit_event SET {change} WHERE id = %s", stored(log[5])))
    report = verify()
    assert found(report)[0] == (FindingKind.EVENT_CHANGED, 6, log[5].id)
    assert {number for _, number, _ in found(report)} == {6}


def test_deleted_event_is_named(log: list[AuditEvent]) -> None:
    tamper(("DELETE FROM audit_event WHERE id = %s", stored(log[0])))
    assert found(verify()) == [(FindingKind.EVENT_DELETED, 1, log[0].id)]


def test_changed_personal_values_are_named(log: list[AuditEvent]) -> None:
    tamper(
        ('UPDATE audit_event SET personal = \'{"ip": "192.0.2.8"}\' WHERE id = %s', stored(log[2])),
        ("UPDATE audit_event SET salt = NULL WHERE id = %s", stored(log[3])),
        ("UPDATE audit_event SET personal = NULL WHERE id = %s", stored(log[4])),
    )
    assert found(verify()) == [
        (FindingKind.PERSONAL_CHANGED, 3, log[2].id),
        (FindingKind.PERSONAL_CHANGED, 4, log[3].id),
        (FindingKind.PERSONAL_CHANGED, 5, log[4].id),
    ]


def test_erased_personal_values_still_verify(log: list[AuditEvent]) -> None:
    run_sql("UPDATE audit_event SET personal = NULL, salt = NULL WHERE id = %s", stored(log[2]))
    report = verify()
    assert report.is_intact
    assert report.erased_count == 1
    assert report.warnings == [
        "The personal values of 1 event were erased, and no event of this log says by whom."
    ]


def test_changed_leaf_is_named_and_its_event_cleared(log: list[AuditEvent]) -> None:
    tamper(("UPDATE audit_sealed_event SET leaf_hash = %s WHERE seal_number = 7", b"x" * 32))
    assert found(verify()) == [(FindingKind.SEAL_ROW_CHANGED, 7, log[6].id)]


def test_event_changed_together_with_its_leaf_is_named(log: list[AuditEvent]) -> None:
    tamper(("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[6])))
    tamper(("UPDATE audit_sealed_event SET leaf_hash = %s WHERE seal_number = 7", current_leaf(log[6])))
    assert found(verify()) == [(FindingKind.EVENT_CHANGED, 7, log[6].id)]


def test_event_changed_together_with_both_copies_of_its_leaf_is_narrowed_to_its_batch(
    log: list[AuditEvent],
) -> None:
    tamper(("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[6])))
    leaf = current_leaf(log[6])
    kept = bytearray(SealBatch.objects.get(number=2).leaf_hashes)
    kept[64:96] = leaf
    tamper(
        ("UPDATE audit_sealed_event SET leaf_hash = %s WHERE seal_number = 7", leaf),
        ("UPDATE audit_seal_batch SET leaf_hashes = %s WHERE number = 2", bytes(kept)),
    )
    report = verify()
    assert found_checkpoints(report) == [(FindingKind.ROOT_MISMATCH, 2)]
    assert "seals 5 to 8" in report.findings[0].message


def test_deleted_seal_row_is_named(log: list[AuditEvent]) -> None:
    tamper(("DELETE FROM audit_sealed_event WHERE seal_number = 6",))
    report = verify()
    assert found(report) == [(FindingKind.SEAL_ROW_MISSING, 6, None)]
    assert report.unsealed_count == 1


def test_event_deleted_with_its_seal_row_is_named(log: list[AuditEvent]) -> None:
    tamper(
        ("DELETE FROM audit_sealed_event WHERE seal_number = 6",),
        ("DELETE FROM audit_event WHERE id = %s", stored(log[5])),
    )
    assert found(verify()) == [(FindingKind.SEAL_ROW_MISSING, 6, None)]


def test_seal_row_put_in_behind_the_signed_tree_is_named(log: list[AuditEvent]) -> None:
    forged = record(now=LATER)
    SealedEvent.objects.create(seal_number=11, event_id=forged.id, leaf_hash=current_leaf(forged))
    assert found(verify()) == [(FindingKind.SEAL_ROW_INSERTED, 11, forged.id)]


def test_seal_row_put_in_before_the_first_is_named(log: list[AuditEvent]) -> None:
    forged = record(now=LATER)
    SealedEvent.objects.create(seal_number=0, event_id=forged.id, leaf_hash=current_leaf(forged))
    assert found(verify()) == [(FindingKind.SEAL_ROW_INSERTED, 0, forged.id)]


def test_event_put_in_between_by_renumbering_is_named_first(log: list[AuditEvent]) -> None:
    forged = record(now=NOW + timedelta(milliseconds=5, microseconds=1))
    with triggers_dropped():
        for number in range(EVENTS, 6, -1):
            run_sql(
                "UPDATE audit_sealed_event SET seal_number = %s WHERE seal_number = %s", number + 1, number
            )
        SealedEvent.objects.create(seal_number=7, event_id=forged.id, leaf_hash=current_leaf(forged))
    report = verify()
    assert found(report)[0] == (FindingKind.EVENT_CHANGED, 7, forged.id)
    assert "put in" in report.findings[0].message
    assert found(report)[-1] == (FindingKind.SEAL_ROW_INSERTED, 11, log[9].id)


def test_swapped_seal_rows_are_both_named(log: list[AuditEvent]) -> None:
    with triggers_dropped():
        for before, after in ((6, 99), (7, 6), (99, 7)):
            run_sql("UPDATE audit_sealed_event SET seal_number = %s WHERE seal_number = %s", after, before)
    report = verify()
    assert found(report) == [
        (FindingKind.SEAL_ROW_MOVED, 6, log[6].id),
        (FindingKind.SEAL_ROW_MOVED, 7, log[5].id),
    ]
    assert "sealed as number 7" in report.findings[0].message


def test_pointer_of_a_seal_row_moved_to_another_event_is_named(log: list[AuditEvent]) -> None:
    other = record(now=LATER)
    tamper(("UPDATE audit_sealed_event SET event_id = %s WHERE seal_number = 6", stored(other)))
    assert found(verify()) == [(FindingKind.EVENT_CHANGED, 6, other.id)]


@pytest.mark.parametrize(
    "change",
    ["root_hash = chain_hash", "sealed_at = '2020-01-01 00:00:00'", "origin = 'other/audit'", "tree_size = 7",
     "tree_size = 1000000000000", "previous_chain_hash = root_hash", "chain_hash = root_hash"],
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 2, 3])
def test_changed_checkpoint_is_named(log: list[AuditEvent], change: str, number: int) -> None:
    if change == "tree_size = 7" and number == 1:
        change = "tree_size = 3"
    tamper((f"UPDATE audit_seal_batch SET {change} WHERE number = {number}",))
    report = verify()
    assert found_checkpoints(report)[0] == (FindingKind.CHECKPOINT_CHANGED, number)
    assert {finding.checkpoint_number for finding in report.findings} <= {number, None}
    assert report.sealed_count == EVENTS


def test_changed_event_is_still_named_under_a_changed_checkpoint(log: list[AuditEvent]) -> None:
    tamper(
        ("UPDATE audit_seal_batch SET root_hash = chain_hash WHERE number = 3",),
        ("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[9])),
    )
    assert (FindingKind.EVENT_CHANGED, 10, log[9].id) in found(verify())


@pytest.mark.parametrize(
    "change", ["leaf_hashes = signature", "leaf_hashes = root_hash", "frontier = root_hash"]
)
def test_changed_bookkeeping_of_a_checkpoint_is_named(log: list[AuditEvent], change: str) -> None:
    tamper((f"UPDATE audit_seal_batch SET {change} WHERE number = 3",))
    assert found_checkpoints(verify()) == [(FindingKind.CHECKPOINT_CHANGED, 3)]


@pytest.mark.parametrize("column", ["signature", "key_id"])
def test_wrong_signature_is_named(log: list[AuditEvent], column: str) -> None:
    value = bytes(64) if column == "signature" else "unknown"
    tamper((f"UPDATE audit_seal_batch SET {column} = %s WHERE number = 2", value))
    assert found_checkpoints(verify()) == [(FindingKind.SIGNATURE_BAD, 2)]


@pytest.mark.parametrize("number", [1, 2])
def test_deleted_checkpoint_is_named_and_the_rest_still_checked(log: list[AuditEvent], number: int) -> None:
    tamper(
        ("DELETE FROM audit_seal_batch WHERE number = %s", number),
        ("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[9])),
    )
    report = verify()
    assert found_checkpoints(report)[0] == (FindingKind.CHECKPOINT_MISSING, number)
    assert found(report)[1:] == [(FindingKind.EVENT_CHANGED, 10, log[9].id)]


def test_deleted_newest_checkpoint_leaves_seal_rows_behind(log: list[AuditEvent]) -> None:
    tamper(("DELETE FROM audit_seal_batch WHERE number = 3",))
    assert found(verify()) == [
        (FindingKind.SEAL_ROW_INSERTED, 9, log[8].id),
        (FindingKind.SEAL_ROW_INSERTED, 10, log[9].id),
    ]


def test_rewritten_and_re_signed_checkpoint_breaks_the_chain(
    log: list[AuditEvent], log_signer: LogTestSigner
) -> None:
    batch = SealBatch.objects.get(number=2)
    batch.sealed_at += timedelta(hours=1)
    text = checkpoint_of(batch)
    with triggers_dropped():
        SealBatch.objects.filter(number=2).update(
            sealed_at=batch.sealed_at,
            chain_hash=text.chain_hash(),
            signature=log_signer.sign(text.signed_text()).value,
        )
    assert found_checkpoints(verify()) == [(FindingKind.CHAIN_BROKEN, 3)]


def test_re_signed_tree_without_an_event_does_not_fit_the_next_checkpoint(
    log: list[AuditEvent], log_signer: LogTestSigner
) -> None:
    leaves = [bytes(leaf) for leaf in SealedEvent.objects.values_list("leaf_hash", flat=True)]
    leaves[5] = b"x" * 32
    batch = SealBatch.objects.get(number=2)
    tree = CompactRange().extended(leaves[:8])
    batch.root_hash = tree.root()
    text = checkpoint_of(batch)
    with triggers_dropped():
        SealBatch.objects.filter(number=2).update(
            root_hash=batch.root_hash,
            frontier=tree.to_bytes(),
            leaf_hashes=b"".join(leaves[4:8]),
            chain_hash=text.chain_hash(),
            signature=log_signer.sign(text.signed_text()).value,
        )
    kinds = {finding.kind for finding in verify().findings}
    assert {FindingKind.EVENT_CHANGED, FindingKind.CHAIN_BROKEN, FindingKind.ROOT_MISMATCH} <= kinds


def test_findings_are_limited_and_all_counted(log: list[AuditEvent]) -> None:
    tamper(("UPDATE audit_event SET actor_id = 'mallory'",))
    report = verify_log(now=LATER, limit=3)
    assert [number for _, number, _ in found(report)] == [1, 2, 3]
    assert report.finding_count == EVENTS


def test_unsealed_events_are_counted_and_overdue_ones_noted(log: list[AuditEvent]) -> None:
    overdue = record(now=NOW - timedelta(days=2))
    record(now=LATER)
    report = verify()
    assert report.is_intact
    assert report.unsealed_count == 2
    assert len(report.notes) == 1
    assert str(overdue.id) in report.notes[0]


def test_event_sealed_long_after_it_claims_to_have_happened_is_noted(log: list[AuditEvent]) -> None:
    planted = record(now=NOW - timedelta(days=2))
    sweep_unsealed(now=LATER)
    report = verify()
    assert report.is_intact
    assert report.late_count == 1
    assert str(planted.id) in report.notes[0]


def test_log_sealed_anew_has_one_note_for_each_late_batch(log: list[AuditEvent]) -> None:
    tamper(("DELETE FROM audit_sealed_event",), ("DELETE FROM audit_seal_batch",))
    seal_pending(now=NOW + timedelta(seconds=70), batch_size=BATCH_SIZE)
    report = verify()
    assert (report.is_intact, report.late_count, len(report.notes)) == (True, EVENTS, 3)
    assert f"Event {log[0].id} (seal 1)" in report.notes[0]
    assert "and 3 more were sealed late with it" in report.notes[0]


def test_disabled_trigger_is_noted(log: list[AuditEvent]) -> None:
    with triggers_dropped():
        report = verify()
    assert report.is_intact
    (warning,) = report.warnings
    assert "audit_event_no_update" in warning


def test_progress_is_told_as_events_are_checked(log: list[AuditEvent]) -> None:
    steps: list[int] = []
    verify_log(now=LATER, progress=steps.append)
    assert steps == [4, 8, 10]


def test_run_is_kept_and_written_into_the_log(log: list[AuditEvent]) -> None:
    tamper(("DELETE FROM audit_event WHERE id = %s", stored(log[0])))
    run = record_verification(report=verify(), now=LATER)
    assert latest_verification() == run
    kept = AuditVerificationRun.objects.get()
    assert (kept.is_intact, kept.sealed_count, kept.finding_count) == (False, EVENTS, 1)
    assert str(log[0].id) in kept.first_finding
    event = AuditEvent.objects.get(action="log.verified")
    assert (event.outcome, event.details["findings"]) == ("error", 1)


def test_memory_stays_bounded_by_reading_in_spans(log: list[AuditEvent]) -> None:
    reads: list[str] = []

    def watch(
        execute: Callable[..., object], sql: str, params: object, many: bool, context: object
    ) -> object:
        reads.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        verify()
    of_events = [sql for sql in reads if 'FROM "audit_event"' in sql and "IN (" in sql]
    assert len(of_events) == 3
