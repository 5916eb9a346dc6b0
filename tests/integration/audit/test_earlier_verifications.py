"""What verifications wrote into the log is held against the log of later: a cut or a new sealing shows."""

from datetime import timedelta

import pytest

from apps.audit.findings import Finding, FindingKind
from apps.audit.models import AuditEvent, SealBatch
from apps.audit.ports import SYSTEM
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import record_verification, verify_log
from tests.integration.audit.log_setup import (
    NOW,
    LogTestAction,
    record,
    record_many,
    run_sql,
    triggers_dropped,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)
BATCH_SIZE = 4


def verify_and_record() -> None:
    record_verification(report=verify_log(now=LATER), now=LATER)


@pytest.fixture
def verification() -> AuditEvent:
    """Of ten sealed events under three checkpoints; itself sealed as the eleventh, under the fourth."""
    record_many(10)
    seal_pending(now=LATER, batch_size=BATCH_SIZE)
    verify_and_record()
    seal_pending(now=LATER)
    return AuditEvent.objects.get(action="log.verified")


def findings() -> list[Finding]:
    return verify_log(now=LATER).findings


def forget_seals(*, behind: int = 0) -> None:
    with triggers_dropped():
        run_sql("DELETE FROM audit_sealed_event WHERE seal_number > %s", behind)
        run_sql("DELETE FROM audit_seal_batch WHERE tree_size > %s", behind)


def test_untouched_log_is_as_its_verifications_saw_it(verification: AuditEvent) -> None:
    for _ in range(2):
        verify_and_record()
        seal_pending(now=LATER)
    assert findings() == []


def test_verification_before_the_first_seal_says_nothing_about_later() -> None:
    verify_and_record()
    seal_pending(now=LATER)
    assert findings() == []


def test_changed_log_that_was_sealed_anew_is_found(verification: AuditEvent) -> None:
    forget_seals()
    with triggers_dropped():
        run_sql("UPDATE audit_event SET actor_id = 'mallory' WHERE action = 'door.opened'")
    seal_pending(now=LATER, batch_size=10)
    assert SealBatch.objects.filter(tree_size=10).exists()
    (found,) = findings()
    assert (found.kind, found.event_id) == (FindingKind.VERIFICATION_CONTRADICTED, verification.id)
    assert "10 sealed events" in found.message
    assert "another root stands there" in found.message


def test_log_that_was_cut_around_the_verification_is_found(verification: AuditEvent) -> None:
    forget_seals(behind=4)
    with triggers_dropped():
        run_sql("DELETE FROM audit_event WHERE action = 'door.opened' AND id NOT IN "
                "(SELECT event_id FROM audit_sealed_event)")  # fmt: skip
    sweep_unsealed(now=LATER)
    (found,) = findings()
    assert found.kind == FindingKind.VERIFICATION_CONTRADICTED
    assert "no checkpoint has that size" in found.message


def test_verification_that_waits_for_its_own_seal_counts(verification: AuditEvent) -> None:
    forget_seals()
    assert [found.kind for found in findings()] == [FindingKind.VERIFICATION_CONTRADICTED]


@pytest.mark.parametrize(
    "details",
    [
        "[]",
        "{}",
        '{"tree_size": "10", "root_hash": "00"}',
        '{"tree_size": true, "root_hash": "00"}',
        '{"tree_size": -1, "root_hash": "00"}',
        '{"tree_size": 1e5000, "root_hash": "00"}',
        '{"tree_size": 99999999999999999999, "root_hash": "00"}',
        '{"tree_size": 10, "root_hash": 7}',
    ],
)
def test_verification_that_was_changed_hides_nothing(verification: AuditEvent, details: str) -> None:
    verify_and_record()
    seal_pending(now=LATER)
    with triggers_dropped():
        run_sql("UPDATE audit_event SET details = %s WHERE action = 'log.verified'", details)
    kinds = {found.kind for found in findings()}
    assert kinds <= {FindingKind.EVENT_CHANGED, FindingKind.EVENT_UNREADABLE}
    assert len(findings()) == 2


def test_all_verifications_of_a_long_time_are_compared(
    verification: AuditEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.earlier_verifications.AT_A_TIME", 2)
    for _ in range(4):
        verify_and_record()
        seal_pending(now=LATER)
    forget_seals()
    assert [found.kind for found in findings()] == [FindingKind.VERIFICATION_CONTRADICTED] * 5


def test_other_events_are_not_taken_for_verifications(verification: AuditEvent) -> None:
    record(action=LogTestAction.DOOR_OPENED, actor=SYSTEM, details={"tree_size": 3, "root_hash": "00"})
    seal_pending(now=LATER)
    assert findings() == []
