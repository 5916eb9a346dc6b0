"""Proofs made of what the database holds, held against trees that the tests build in memory."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.audit.errors import LogDoesNotVerify, NothingToProve, SealChainBroken
from apps.audit.findings import FindingKind
from apps.audit.log_proofs import InclusionProof, event_proof, growth_proof, signed_checkpoint
from apps.audit.merkle import CompactRange, inclusion_proof, is_consistent, is_included
from apps.audit.models import SealBatch, SealedEvent, SealSubtree
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import verify_log
from apps.audit.stored_tree import LONG_WALK, StoredTree
from tests.factories.audit_log import write_events
from tests.integration.audit.log_setup import NOW, LogTestSigner, record, run_sql, triggers_dropped

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
EVENTS = 700
BATCH_SIZE = 90


@pytest.fixture
def leaves() -> list[bytes]:
    """700 sealed events under 8 checkpoints: two whole subtrees of 256 leaves, and a rest."""
    write_events(EVENTS, start=NOW, step=timedelta(milliseconds=1))
    assert seal_pending(now=LATER, batch_size=BATCH_SIZE) == EVENTS
    return stored_leaves()


def stored_leaves() -> list[bytes]:
    rows = SealedEvent.objects.order_by("seal_number")
    return [bytes(leaf) for leaf in rows.values_list("leaf_hash", flat=True)]


def event_with_seal(number: int) -> UUID:
    return SealedEvent.objects.get(seal_number=number).event_id


def proof_of(number: int, signer: LogTestSigner, *, checkpoint: int | None = None) -> InclusionProof:
    return event_proof(event_id=event_with_seal(number), checkpoint_number=checkpoint, signer=signer)


def holds(proof: InclusionProof, leaves: Sequence[bytes]) -> bool:
    size = proof.checkpoint.tree_size
    return is_included(
        leaf=leaves[proof.seal_number - 1],
        index=proof.seal_number - 1,
        tree_size=size,
        proof=proof.siblings,
        root=CompactRange().extended(leaves[:size]).root(),
    )


@pytest.mark.parametrize("number", [1, 2, 256, 257, 511, 512, 513, 640, 641, 699, 700])
def test_event_is_proven_under_the_newest_checkpoint(
    leaves: list[bytes], log_signer: LogTestSigner, number: int
) -> None:
    proof = proof_of(number, log_signer)
    assert (proof.seal_number, proof.checkpoint.tree_size) == (number, EVENTS)
    assert holds(proof, leaves)


def test_event_is_proven_under_every_checkpoint_since_its_own(
    leaves: list[bytes], log_signer: LogTestSigner
) -> None:
    for checkpoint in range(2, 9):
        assert holds(proof_of(100, log_signer, checkpoint=checkpoint), leaves)


def test_event_is_not_proven_under_a_checkpoint_before_it(
    leaves: list[bytes], log_signer: LogTestSigner
) -> None:
    with pytest.raises(NothingToProve, match="not under checkpoint 1"):
        proof_of(100, log_signer, checkpoint=1)


def test_what_is_not_in_the_log_is_not_proven(log_signer: LogTestSigner) -> None:
    with pytest.raises(NothingToProve, match="nothing is sealed"):
        event_proof(event_id=uuid4(), checkpoint_number=None, signer=log_signer)
    record()
    seal_pending(now=LATER)
    waiting = record(now=LATER)
    for event_id in (waiting.id, uuid4()):
        with pytest.raises(NothingToProve, match="has no seal"):
            event_proof(event_id=event_id, checkpoint_number=None, signer=log_signer)
    with pytest.raises(NothingToProve, match="no checkpoint 2"):
        event_proof(event_id=waiting.id, checkpoint_number=2, signer=log_signer)


def test_erased_event_is_proven_as_before(leaves: list[bytes], log_signer: LogTestSigner) -> None:
    run_sql("UPDATE audit_event SET personal = NULL, salt = NULL")
    assert holds(proof_of(300, log_signer), leaves)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET actor_id = 'mallory'",
        "DELETE FROM audit_event",
        "UPDATE audit_sealed_event SET leaf_hash = substr(leaf_hash, 2) WHERE seal_number = 4",
        "DELETE FROM audit_sealed_event WHERE seal_number = 4",
        "UPDATE audit_seal_subtree SET root_hash = substr(root_hash, 2) WHERE position = 1",
        "DELETE FROM audit_seal_subtree WHERE position = 1",
        "UPDATE audit_seal_batch SET root_hash = chain_hash",
        "UPDATE audit_seal_batch SET algorithm = 'none'",
    ],
)
def test_nothing_is_proven_of_what_was_changed(
    leaves: list[bytes], log_signer: LogTestSigner, tampering: str
) -> None:
    event_id = event_with_seal(3)
    with triggers_dropped():
        run_sql(tampering)
    with pytest.raises(LogDoesNotVerify):
        event_proof(event_id=event_id, checkpoint_number=None, signer=log_signer)


def test_every_checkpoint_is_proven_to_go_on_from_every_earlier_one(
    leaves: list[bytes], log_signer: LogTestSigner
) -> None:
    batches = [signed_checkpoint(number, signer=log_signer) for number in range(1, 9)]
    for later in batches:
        for earlier in batches[: later.number]:
            proof = growth_proof(earlier=earlier, later=later)
            assert is_consistent(
                first_size=earlier.tree_size,
                first_root=CompactRange().extended(leaves[: earlier.tree_size]).root(),
                second_size=later.tree_size,
                second_root=CompactRange().extended(leaves[: later.tree_size]).root(),
                proof=proof,
            )
    with pytest.raises(NothingToProve, match="is later"):
        growth_proof(earlier=batches[1], later=batches[0])


def test_checkpoint_that_was_not_signed_by_this_installation_proves_nothing(leaves: list[bytes]) -> None:
    with pytest.raises(LogDoesNotVerify, match="signature"):
        signed_checkpoint(None, signer=LogTestSigner())


@pytest.fixture
def long_log() -> list[bytes]:
    """Seal rows and subtrees of a log that is three levels high."""
    made = [hashlib.sha256(str(number).encode()).digest() for number in range((1 << 16) + 300)]
    tree, subtrees = CompactRange().grown(made)
    SealedEvent.objects.bulk_create(
        (SealedEvent(seal_number=n, event_id=UUID(int=n), leaf_hash=leaf) for n, leaf in enumerate(made, 1)),
        batch_size=5000,
    )
    SealSubtree.objects.bulk_create(
        SealSubtree(level=level, position=position, root_hash=root) for level, position, root in subtrees
    )
    SealBatch.objects.create(
        number=1, origin="test", tree_size=tree.size, root_hash=tree.root(), frontier=tree.to_bytes(),
        leaf_hashes=b"", previous_chain_hash=b"", chain_hash=b"", sealed_at=NOW, key_id="", algorithm="",
        signature=b"",
    )  # fmt: skip
    return made


def test_proof_from_a_long_log_takes_few_statements_and_no_old_leaves(
    long_log: list[bytes], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    size, root = len(long_log), bytes(SealBatch.objects.get().root_hash)
    for index in (0, 255, 256, 32_768, 40_000, 65_535, 65_536, size - 1):
        with django_assert_max_num_queries(5):
            proof = inclusion_proof(index, size, StoredTree().root)
        assert is_included(leaf=long_log[index], index=index, tree_size=size, proof=proof, root=root)


def test_root_of_any_span_is_worked_out_from_what_is_kept(
    long_log: list[bytes], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    spans = [
        (0, len(long_log)),
        (0, 1 << 16),
        (1 << 15, 1 << 16),
        (1 << 16, len(long_log)),
        (512, 640),
        (7, 8),
    ]
    for page_size in (256, LONG_WALK):
        for start, end in spans:
            with django_assert_max_num_queries(3):
                root = StoredTree(page_size=page_size).root(start, end)
            assert root == CompactRange().extended(long_log[start:end]).root()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE audit_seal_subtree SET root_hash = %s WHERE position = 1", "position 1 is wrong"),
        ("DELETE FROM audit_seal_subtree WHERE position = 0 AND root_hash <> %s", "position 0 is missing"),
        (
            "INSERT INTO audit_seal_subtree (id, level, position, root_hash) VALUES (99, 1, 2, %s)",
            "position 2 is covered by no checkpoint",
        ),
        (
            "INSERT INTO audit_seal_subtree (id, level, position, root_hash) VALUES (99, 3, 0, %s)",
            "level 3, position 0 is covered by no checkpoint",
        ),
    ],
)
def test_changed_subtree_is_a_finding(leaves: list[bytes], change: str, words: str) -> None:
    with triggers_dropped():
        run_sql(change, b"x" * 32)
    report = verify_log(now=LATER)
    assert [finding.kind for finding in report.findings] == [FindingKind.SUBTREE_CHANGED]
    assert words in report.findings[0].message


def test_nothing_is_sealed_where_somebody_put_a_subtree_before(leaves: list[bytes]) -> None:
    SealSubtree.objects.create(level=1, position=2, root_hash=b"x" * 32)
    write_events(100, start=LATER, step=timedelta(milliseconds=1))
    with pytest.raises(SealChainBroken, match="subtree"):
        seal_pending(now=LATER + timedelta(seconds=5))
    assert SealedEvent.objects.count() == EVENTS
