# ruff: noqa: S608 - the statements are made of the constants of this file
import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEvent, SealBatch, SealedEvent, SealSubtree
from apps.audit.services.sealing import seal_pending
from apps.audit.triggers import missing_triggers
from tests.integration.audit.log_setup import NOW, record, record_many, run_sql, stored, triggers_dropped

pytestmark = pytest.mark.django_db
REFUSED = "append-only"

EVENT_CHANGES = {
    "id": "id = '00000000-0000-7000-8000-000000000000'",
    "occurred_at": "occurred_at = '2020-01-01 00:00:00'",
    "action": "action = 'door.closed'",
    "outcome": "outcome = 'refused'",
    "actor_kind": "actor_kind = 'client'",
    "actor_id": "actor_id = '1'",
    "target_kind": "target_kind = 'client'",
    "target_id": "target_id = '1'",
    "client_id": "client_id = '1'",
    "session_id": "session_id = '1'",
    "request_id": "request_id = '1'",
    "details": "details = '{}'",
    "commitment": "commitment = salt",
    "personal": "personal = '{}'",
    "salt": "salt = commitment",
    "personal alone": "personal = NULL",
    "salt alone": "salt = NULL",
    "erasure with more": "personal = NULL, salt = NULL, outcome = 'refused'",
    "erasure with details": 'personal = NULL, salt = NULL, details = \'{"reason": "other"}\'',
}


@pytest.mark.parametrize("change", EVENT_CHANGES.values(), ids=EVENT_CHANGES)
def test_update_of_an_event_is_refused(change: str) -> None:
    event = record()
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql(f"UPDATE audit_event SET {change}")
    assert AuditEvent.objects.get().outcome == event.outcome


def test_changing_how_a_number_is_written_in_details_is_refused() -> None:
    record(details={"n": 1})
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql("UPDATE audit_event SET personal = NULL, salt = NULL, details = '{\"n\": 1.0}'")


def test_erasing_personal_values_with_their_salt_is_the_one_update_allowed() -> None:
    kept, erased = record_many(2)
    run_sql("UPDATE audit_event SET personal = NULL, salt = NULL WHERE id = %s", stored(erased))
    after = AuditEvent.objects.get(pk=erased.pk)
    assert after.personal is None
    assert after.salt is None
    assert bytes(after.commitment) == erased.commitment
    assert AuditEvent.objects.get(pk=kept.pk).personal == kept.personal


def test_erasing_twice_is_no_error() -> None:
    record()
    for _ in range(2):
        run_sql("UPDATE audit_event SET personal = NULL, salt = NULL")


def test_erased_values_cannot_be_put_back() -> None:
    record()
    run_sql("UPDATE audit_event SET personal = NULL, salt = NULL")
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql("UPDATE audit_event SET personal = '{}', salt = commitment")


@pytest.mark.parametrize("table", ["audit_event", "audit_sealed_event", "audit_seal_batch"])
def test_delete_is_refused(table: str) -> None:
    record()
    seal_pending(now=NOW)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql(f"DELETE FROM {table}")
    assert (AuditEvent.objects.count(), SealedEvent.objects.count(), SealBatch.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_sealed_event SET leaf_hash = leaf_hash",
        "UPDATE audit_sealed_event SET seal_number = 2",
        "UPDATE audit_seal_batch SET tree_size = tree_size",
        "UPDATE audit_seal_batch SET signature = root_hash",
    ],
)
def test_update_of_a_seal_is_refused(change: str) -> None:
    record()
    seal_pending(now=NOW)
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_seal_subtree SET position = position",
        "DELETE FROM audit_seal_subtree",
        "INSERT OR REPLACE INTO audit_seal_subtree SELECT * FROM audit_seal_subtree",
        "INSERT OR REPLACE INTO audit_seal_subtree (id, level, position, root_hash) "
        "SELECT id + 1, level, position, root_hash FROM audit_seal_subtree",
        "TRUNCATE audit_seal_subtree",
    ],
)
def test_change_of_a_kept_subtree_is_refused(change: str) -> None:
    SealSubtree.objects.create(level=1, position=0, root_hash=b"r" * 32)
    word = {"postgresql": "INSERT", "sqlite": "TRUNCATE"}[connection.vendor]
    if change.startswith(word):
        return  # a statement that only the other database knows
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        run_sql(change)
    assert SealSubtree.objects.filter(level=1, position=0, root_hash=b"r" * 32).count() == 1


def test_orm_cannot_change_or_delete_either() -> None:
    event = record()
    event.action = "door.closed"
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        event.save()
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEvent.objects.all().delete()
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        AuditEvent.objects.bulk_update([event], ["action"])


def test_truncate_and_replace_are_refused() -> None:
    event = record()
    seal_pending(now=NOW)
    if connection.vendor == "postgresql":
        partition = f"audit_event_{NOW:%Y_%m}"
        statements = [
            "TRUNCATE audit_event",
            f"TRUNCATE {partition}",
            "TRUNCATE audit_event_default",
            "TRUNCATE audit_sealed_event",
            "TRUNCATE audit_seal_batch",
            f"UPDATE {partition} SET action = 'door.closed'",
            f"DELETE FROM {partition}",
            "INSERT INTO audit_sealed_event SELECT * FROM audit_sealed_event "
            "ON CONFLICT (seal_number) DO UPDATE SET leaf_hash = ''",
        ]
    else:
        statements = [
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
            for table in ("audit_event", "audit_sealed_event", "audit_seal_batch")
        ]
    for statement in statements:
        with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
            run_sql(statement)
    assert AuditEvent.objects.get().action == event.action


def test_missing_guards_are_named() -> None:
    assert missing_triggers(connection) == []
    with triggers_dropped():
        missing = missing_triggers(connection)
    assert {"audit_event.audit_event_no_update", "audit_seal_batch.audit_seal_batch_no_delete"} <= set(
        missing
    )
    assert missing_triggers(connection) == []
