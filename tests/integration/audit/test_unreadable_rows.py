# ruff: noqa: S608 - the statements are made of the constants of this file
"""Values that the program never writes: each is named, and hides nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from structlog.testing import capture_logs

from apps.audit.errors import SealChainBroken
from apps.audit.findings import FindingKind, VerificationReport
from apps.audit.models import AuditEvent, SealBatch, SealedEvent
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import verify_log
from tests.integration.audit.log_setup import NOW, record, record_many, run_sql, stored, triggers_dropped

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)
ON_POSTGRESQL = connection.vendor == "postgresql"

DEEP = "[" * 3000 + "]" * 3000
EVENT_CHANGES = [f"details = '{DEEP}'", f"personal = '{DEEP}'", "details = '{\"a\": 1e5000}'"]
EVENT_CHANGES += (
    ["occurred_at = '0044-03-15 BC'"]
    if ON_POSTGRESQL
    else [
        "occurred_at = 'x'",
        "occurred_at = 7",
        "details = '{\"a\": 1e400}'",
        "personal = '{\"a\": 1e400}'",
        "details = CAST(x'fffe' AS TEXT)",
        "commitment = 'text'",
        "salt = 7",
    ]
)
SEAL_CHANGES = ["event_id = 'zz'", "event_id = 7", "leaf_hash = 'text'"]
CHECKPOINT_CHANGES = (
    ["sealed_at = '0044-03-15 BC'"]
    if ON_POSTGRESQL
    else ["sealed_at = 'x'", "tree_size = 'x'", "root_hash = 'text'", "leaf_hashes = 7", "key_id = x'ff'"]
)


@pytest.fixture
def log() -> list[AuditEvent]:
    """Ten sealed events under three checkpoints: seals 1-4, 5-8, 9-10."""
    recorded = record_many(10)
    assert seal_pending(now=LATER, batch_size=4) == 10
    return recorded


def tamper(sql: str, *parameters: object) -> None:
    with triggers_dropped():
        if not ON_POSTGRESQL:
            run_sql("PRAGMA ignore_check_constraints = ON")
        run_sql(sql, *parameters)
        if not ON_POSTGRESQL:
            run_sql("PRAGMA ignore_check_constraints = OFF")


def verify() -> VerificationReport:
    return verify_log(now=LATER + timedelta(hours=1))


@pytest.mark.parametrize("change", EVENT_CHANGES, ids=lambda change: change[:25])
def test_event_that_cannot_be_read_is_named_beside_the_others(log: list[AuditEvent], change: str) -> None:
    tamper("UPDATE audit_event SET actor_id = 'mallory' WHERE id = %s", stored(log[6]))
    tamper(f"UPDATE audit_event SET {change} WHERE id = %s", stored(log[5]))
    found = [(f.kind, f.seal_number, f.event_id) for f in verify().findings]
    assert found == [
        (FindingKind.EVENT_UNREADABLE, 6, log[5].id),
        (FindingKind.EVENT_CHANGED, 7, log[6].id),
    ]


@pytest.mark.parametrize("change", SEAL_CHANGES)
def test_seal_row_that_cannot_be_read_is_named(log: list[AuditEvent], change: str) -> None:
    if ON_POSTGRESQL:
        return  # its columns take nothing but ids and bytes
    tamper(f"UPDATE audit_sealed_event SET {change} WHERE seal_number = 6")
    found = [(f.kind, f.seal_number) for f in verify().findings]
    assert found[0] == (FindingKind.SEAL_ROW_UNREADABLE, 6)
    assert {number for _, number in found} == {6}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("change", CHECKPOINT_CHANGES)
def test_checkpoint_that_cannot_be_read_is_named(log: list[AuditEvent], change: str, number: int) -> None:
    tamper(f"UPDATE audit_seal_batch SET {change} WHERE number = {number}")
    found = [(f.kind, f.checkpoint_number) for f in verify().findings]
    assert (FindingKind.CHECKPOINT_UNREADABLE, number) in found
    assert {kind for kind, _ in found} <= {FindingKind.CHECKPOINT_UNREADABLE, FindingKind.SEAL_ROW_INSERTED}


@pytest.mark.parametrize("change", CHECKPOINT_CHANGES)
def test_nothing_is_sealed_on_top_of_a_checkpoint_that_cannot_be_read(
    log: list[AuditEvent], change: str
) -> None:
    tamper(f"UPDATE audit_seal_batch SET {change} WHERE number = 3")
    record(now=LATER)
    for seal in (seal_pending, sweep_unsealed):
        if change.startswith("leaf_hashes"):
            continue  # going on needs the frontier, not the copy of the leaves
        with pytest.raises(SealChainBroken):
            seal(now=LATER)
        assert SealedEvent.objects.count() == 10


@pytest.mark.parametrize("number", [2, 3])
def test_changed_algorithm_is_named(log: list[AuditEvent], number: int) -> None:
    tamper(f"UPDATE audit_seal_batch SET algorithm = 'none' WHERE number = {number}")
    found = [(f.kind, f.checkpoint_number) for f in verify().findings]
    assert found == [(FindingKind.CHECKPOINT_CHANGED, number)]


def test_nothing_is_sealed_on_top_of_another_algorithm(log: list[AuditEvent]) -> None:
    tamper("UPDATE audit_seal_batch SET algorithm = 'none' WHERE number = 3")
    record(now=LATER)
    with pytest.raises(SealChainBroken):
        seal_pending(now=LATER)


@pytest.mark.parametrize("change", EVENT_CHANGES, ids=lambda change: change[:25])
@pytest.mark.parametrize("batch_size", [2, 100])
def test_unsealed_event_that_cannot_be_read_holds_up_no_other(change: str, batch_size: int) -> None:
    recorded = record_many(7)
    for event in (recorded[0], recorded[2], recorded[3]):
        tamper(f"UPDATE audit_event SET {change} WHERE id = %s", stored(event))
    # A seal covers the commitment to the personal values, and not these.
    is_left_out = not change.startswith(("personal", "salt"))
    with capture_logs() as lines:
        assert seal_pending(now=LATER, batch_size=batch_size) == (4 if is_left_out else 7)
    complaints = [line for line in lines if line["event"] == "audit_events_unreadable"]
    assert sum(line["count"] for line in complaints) == (3 if is_left_out else 0)
    found = {(f.kind, f.event_id) for f in verify().findings}
    assert found == {(FindingKind.EVENT_UNREADABLE, recorded[n].id) for n in (0, 2, 3)}


def test_page_of_nothing_but_unreadable_events_makes_no_checkpoint() -> None:
    for event in record_many(3):
        tamper(f"UPDATE audit_event SET {EVENT_CHANGES[0]} WHERE id = %s", stored(event))
    assert seal_pending(now=LATER, batch_size=2) == 0
    assert not SealBatch.objects.exists()
