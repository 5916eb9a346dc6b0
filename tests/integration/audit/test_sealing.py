from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.audit.checkpoint import Checkpoint
from apps.audit.constants import GENESIS_HASH
from apps.audit.errors import SealChainBroken
from apps.audit.merkle import CompactRange
from apps.audit.models import AuditEvent, SealBatch, SealedEvent
from apps.audit.ports import AuditSignature, signer
from apps.audit.selectors import (
    events,
    is_sealed,
    latest_checkpoint,
    unsealed_count,
)
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import verify_log
from apps.core.ports import PortEmpty
from tests.integration.audit.log_setup import (
    NOW,
    LogTestSigner,
    record,
    record_many,
    run_sql,
    triggers_dropped,
)

LATER = NOW + timedelta(seconds=5)


def sealed_ids() -> list[object]:
    return list(SealedEvent.objects.order_by("seal_number").values_list("event_id", flat=True))


@pytest.mark.django_db
def test_seal_numbers_follow_the_time_of_the_events_from_one_without_gaps() -> None:
    recorded = [record(now=NOW + timedelta(seconds=offset)) for offset in (3, 1, 2)]
    assert seal_pending(now=LATER) == 3
    assert sealed_ids() == [recorded[1].id, recorded[2].id, recorded[0].id]
    assert list(SealedEvent.objects.values_list("seal_number", flat=True)) == [1, 2, 3]
    assert is_sealed(recorded[0])


@pytest.mark.django_db
def test_batches_give_one_tree_and_one_chain(log_signer: LogTestSigner) -> None:
    record_many(7)
    assert seal_pending(now=LATER, batch_size=3) == 7
    record(now=LATER)
    assert seal_pending(now=LATER + timedelta(seconds=5), batch_size=3) == 1
    batches = list(SealBatch.objects.order_by("number"))
    assert [(batch.number, batch.tree_size) for batch in batches] == [(1, 3), (2, 6), (3, 7), (4, 8)]
    leaves = [bytes(leaf) for leaf in SealedEvent.objects.values_list("leaf_hash", flat=True)]
    previous = GENESIS_HASH
    for batch in batches:
        assert bytes(batch.root_hash) == CompactRange().extended(leaves[: batch.tree_size]).root()
        assert bytes(batch.previous_chain_hash) == previous
        previous = bytes(batch.chain_hash)
        text = Checkpoint(
            origin=batch.origin,
            number=batch.number,
            tree_size=batch.tree_size,
            root_hash=bytes(batch.root_hash),
            previous_chain_hash=bytes(batch.previous_chain_hash),
            sealed_at=batch.sealed_at,
        ).signed_text()
        assert log_signer.verify(text, AuditSignature(batch.key_id, batch.algorithm, bytes(batch.signature)))
    assert latest_checkpoint() == batches[-1]


@pytest.mark.django_db
def test_nothing_pending_makes_no_checkpoint() -> None:
    assert seal_pending(now=LATER) == 0
    record()
    assert seal_pending(now=LATER) == 1
    assert seal_pending(now=LATER) == 0
    assert SealBatch.objects.count() == 1


@pytest.mark.django_db
def test_late_commit_within_the_lookback_is_sealed_by_the_next_run() -> None:
    record(now=NOW)
    seal_pending(now=LATER)
    late = record(now=NOW - timedelta(seconds=50))
    assert seal_pending(now=LATER) == 1
    assert sealed_ids()[-1] == late.id


@pytest.mark.django_db
def test_commit_later_than_the_lookback_is_found_by_the_sweep() -> None:
    record(now=NOW)
    seal_pending(now=LATER)
    late = record(now=NOW - timedelta(hours=3))
    assert seal_pending(now=LATER) == 0
    assert sweep_unsealed(now=LATER) == 1
    assert sealed_ids()[-1] == late.id


@pytest.mark.django_db
def test_event_dated_in_the_future_does_not_hide_the_present() -> None:
    record(now=NOW + timedelta(days=400))
    seal_pending(now=LATER)
    present = record(now=LATER)
    assert seal_pending(now=LATER + timedelta(seconds=5)) == 1
    assert sealed_ids()[-1] == present.id


@pytest.mark.django_db
def test_sealing_that_stopped_half_way_through_a_backlog_goes_on(log_signer: LogTestSigner) -> None:
    class SignerFailed(Exception):
        pass

    class FailsTheSecondTime(LogTestSigner):
        calls = 0

        def sign(self, message: bytes) -> AuditSignature:
            self.calls += 1
            if self.calls == 2:
                raise SignerFailed
            return log_signer.sign(message)

        def verify(self, message: bytes, signature: AuditSignature) -> bool:
            return log_signer.verify(message, signature)

    # The backlog is older than any lookback before the moment of sealing.
    record_many(5, start=NOW - timedelta(days=1))
    with signer.replaced(FailsTheSecondTime()), pytest.raises(SignerFailed):
        seal_pending(now=LATER, batch_size=2)
    assert (SealedEvent.objects.count(), SealBatch.objects.count()) == (2, 1)
    assert unsealed_count() == 3
    assert seal_pending(now=LATER + timedelta(minutes=5), batch_size=2) == 3
    assert unsealed_count() == 0


@pytest.mark.django_db
def test_sealing_without_a_signer_is_refused() -> None:
    record()
    with signer.replaced(None), pytest.raises(PortEmpty):
        seal_pending(now=LATER)
    assert not SealedEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_seal_batch SET root_hash = previous_chain_hash",
        "UPDATE audit_seal_batch SET signature = root_hash",
        "UPDATE audit_seal_batch SET chain_hash = root_hash",
        "UPDATE audit_seal_batch SET frontier = leaf_hashes",
        "UPDATE audit_seal_batch SET tree_size = 4",
        "DELETE FROM audit_seal_batch",
    ],
)
def test_nothing_is_sealed_on_top_of_a_checkpoint_that_does_not_verify(tampering: str) -> None:
    record_many(3)
    seal_pending(now=LATER)
    record(now=LATER)
    with triggers_dropped():
        run_sql(tampering)
    with pytest.raises(SealChainBroken):
        seal_pending(now=LATER)
    assert SealedEvent.objects.count() == 3


@pytest.mark.django_db
def test_events_show_their_seal_numbers() -> None:
    first, second = record_many(2)
    seal_pending(now=LATER)
    third = record(now=LATER)
    assert [(event.pk, event.seal_number) for event in events()] == [  # type: ignore[attr-defined]  # annotated
        (third.pk, None),
        (second.pk, 2),
        (first.pk, 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_sealers_and_writers_at_once_give_each_event_one_number() -> None:
    def write(worker: int) -> None:
        try:
            for number in range(15):
                record(now=NOW + timedelta(milliseconds=number * 10 + worker))
        finally:
            connections.close_all()

    def seal(worker: int) -> int:
        try:
            return sum(seal_pending(now=LATER, batch_size=4) for _ in range(15))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, worker) for worker in range(3)]
        sealers = [pool.submit(seal, worker) for worker in range(3)]
        for writer in writers:
            writer.result()
        sealed = sum(sealer.result() for sealer in sealers)
    sealed += seal_pending(now=LATER)
    assert sealed == AuditEvent.objects.count() == 45
    assert list(SealedEvent.objects.values_list("seal_number", flat=True)) == list(range(1, 46))
    report = verify_log(now=LATER)
    assert report.findings == []
    assert report.sealed_count == 45


@pytest.mark.django_db(transaction=True)
def test_second_sealer_leaves_at_once_while_the_first_works() -> None:
    if connection.vendor != "postgresql":
        return  # one writer at a time is SQLite's own rule

    record()
    seen: list[int] = []

    class SealsAgainInAnotherThread(LogTestSigner):
        def sign(self, message: bytes) -> AuditSignature:
            with ThreadPoolExecutor(1) as pool:
                seen.append(pool.submit(other_sealer).result(timeout=10))
            return super().sign(message)

    def other_sealer() -> int:
        try:
            return seal_pending(now=LATER)
        finally:
            connections.close_all()

    with signer.replaced(SealsAgainInAnotherThread()):
        assert seal_pending(now=LATER) == 1
    assert seen == [0]


@pytest.mark.django_db
def test_sealing_looks_at_no_more_seals_in_a_longer_log() -> None:
    """A look at all of them before each batch costs a log of ten million more than all the rest."""
    record_many(3)
    seal_pending(now=LATER)
    record(now=LATER)
    with CaptureQueriesContext(connection) as captured:
        assert seal_pending(now=LATER + timedelta(seconds=5)) == 1
    # Asked of the seals themselves: an event that waits is looked up among them.
    asked = [
        query["sql"]
        for query in captured.captured_queries
        if query["sql"].startswith("SELECT") and ' FROM "audit_sealed_event" WHERE' in query["sql"]
    ]
    assert asked
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # For three rows a scan is cheapest; the question is whether it could do without.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in asked:
            if connection.vendor == "postgresql":
                cursor.execute(f"EXPLAIN {statement}")
                plan = str(cursor.fetchall())
                assert "Seq Scan on audit_sealed_event" not in plan, plan
                assert "Index Cond: (seal_number" in plan or "Index Cond: (event_id" in plan, plan
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                plan = str(cursor.fetchall())
                assert "SCAN audit_sealed_event" not in plan, plan
