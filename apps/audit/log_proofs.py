"""Proofs about the log that is stored: that an event is in it, and that a later checkpoint goes on from an earlier.

Whatever is handed out was checked against the signed checkpoint before.
"""

from dataclasses import dataclass
from uuid import UUID

from apps.audit.canonical import EventContent
from apps.audit.careful_reading import UNREADABLE, binary
from apps.audit.checkpoint_rows import checkpoint_of, signature_of
from apps.audit.constants import SIGNATURE_ALGORITHM
from apps.audit.errors import LogDoesNotVerify, NothingToProve
from apps.audit.merkle import consistency_proof, inclusion_proof, is_consistent, is_included
from apps.audit.models import SealBatch, SealedEvent
from apps.audit.ports import Signer
from apps.audit.seal_rows import read_rows
from apps.audit.stored_tree import StoredTree


@dataclass(frozen=True)
class InclusionProof:
    content: EventContent
    leaf: bytes
    seal_number: int
    checkpoint: SealBatch
    siblings: tuple[bytes, ...]


def signed_checkpoint(number: int | None, *, signer: Signer) -> SealBatch:
    """That checkpoint, the newest by default, without its copy of the leaves.

    Raises: NothingToProve, and LogDoesNotVerify when its signature is wrong.
    """
    batches = SealBatch.objects.defer("leaf_hashes").order_by("-number")
    try:
        batch = (batches if number is None else batches.filter(number=number)).first()
    except UNREADABLE as error:
        raise LogDoesNotVerify("the checkpoint holds values that cannot be read") from error
    if batch is None:
        raise NothingToProve(
            "nothing is sealed yet" if number is None else f"there is no checkpoint {number}"
        )
    is_signed = signer.verify(checkpoint_of(batch).signed_text(), signature_of(batch))
    if batch.algorithm != SIGNATURE_ALGORITHM or not is_signed:
        raise LogDoesNotVerify(f"the signature of checkpoint {batch.number} does not verify")
    return batch


def event_proof(*, event_id: UUID, checkpoint_number: int | None, signer: Signer) -> InclusionProof:
    """That the event is in the log under the checkpoint, the newest by default.

    Raises: NothingToProve, LogDoesNotVerify.
    """
    batch = signed_checkpoint(checkpoint_number, signer=signer)
    number = SealedEvent.objects.filter(event_id=event_id).values_list("seal_number", flat=True).first()
    if number is None:
        raise NothingToProve(f"event {event_id} has no seal: it is not in the log, or was recorded just now")
    if number > batch.tree_size:
        raise NothingToProve(f"event {event_id} (seal {number}) is not under checkpoint {batch.number}")
    row = read_rows(number, number).get(number)
    if row is None or row.event is None:
        raise LogDoesNotVerify(f"event {event_id} (seal {number}) is gone or cannot be read")
    size, leaf = batch.tree_size, row.event.leaf
    siblings = inclusion_proof(number - 1, size, StoredTree().root)
    root = binary(batch.root_hash)
    if not is_included(leaf=leaf, index=number - 1, tree_size=size, proof=siblings, root=root):
        raise LogDoesNotVerify(f"event {event_id} (seal {number}) does not lead to the root that was signed")
    return InclusionProof(row.event.content, leaf, number, batch, tuple(siblings))


def growth_proof(*, earlier: SealBatch, later: SealBatch) -> tuple[bytes, ...]:
    """That the later checkpoint holds the log of the earlier, unchanged, as its beginning.

    Raises: NothingToProve, LogDoesNotVerify.
    """
    if earlier.tree_size > later.tree_size:
        raise NothingToProve(f"checkpoint {earlier.number} is later than checkpoint {later.number}")
    nodes = consistency_proof(earlier.tree_size, later.tree_size, StoredTree().root)
    if not is_consistent(
        first_size=earlier.tree_size,
        first_root=binary(earlier.root_hash),
        second_size=later.tree_size,
        second_root=binary(later.root_hash),
        proof=nodes,
    ):
        raise LogDoesNotVerify(f"checkpoint {later.number} does not go on from checkpoint {earlier.number}")
    return tuple(nodes)
