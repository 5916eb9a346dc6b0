"""Checkpoints as the database holds them."""

from collections.abc import Iterator, Sequence

from apps.audit.careful_reading import binary, readable_rows
from apps.audit.checkpoint import Checkpoint
from apps.audit.constants import HASH_BYTES
from apps.audit.event_columns import StoredTime, stored_time
from apps.audit.merkle import CompactRange, split_hashes
from apps.audit.models import SealBatch
from apps.audit.ports import AuditSignature
from apps.audit.shown_rows import IsNumber, StoredBytes, fit_to_show

AT_A_TIME = 50


def checkpoint_of(batch: SealBatch) -> Checkpoint:
    return Checkpoint(
        origin=batch.origin,
        number=batch.number,
        tree_size=batch.tree_size,
        root_hash=bytes(batch.root_hash),
        previous_chain_hash=bytes(batch.previous_chain_hash),
        sealed_at=batch.sealed_at,
    )


def signature_of(batch: SealBatch) -> AuditSignature:
    return AuditSignature(key_id=batch.key_id, algorithm=batch.algorithm, value=bytes(batch.signature))


def kept_leaves(batch: SealBatch) -> tuple[bytes, ...]:
    """The checkpoint's own copy of its leaves; empty when it cannot be one."""
    joined = bytes(batch.leaf_hashes)
    return () if len(joined) % HASH_BYTES else split_hashes(joined)


def rooted_frontier(batch: SealBatch) -> CompactRange | None:
    """The tree of the kept frontier, if it gives the checkpoint's root."""
    try:
        tree = CompactRange.from_bytes(batch.tree_size, bytes(batch.frontier))
    except ValueError:
        return None
    return tree if tree.root() == bytes(batch.root_hash) else None


def checkpoints() -> Iterator[SealBatch | int]:
    """Every checkpoint in order; of one that cannot be read, the number."""
    number = 0
    while True:
        page = SealBatch.objects.filter(IsNumber("pk"), number__gt=number).order_by("number")
        numbers = list(page.values_list("number", flat=True)[:AT_A_TIME])
        read, unreadable = readable_rows(numbers, _read)
        by_number = {batch.number: batch for batch in read}
        yield from (
            by_number.get(number, number) for number in numbers if number in {*by_number, *unreadable}
        )
        if len(numbers) < AT_A_TIME:
            return
        number = numbers[-1]


def odd_checkpoint_numbers() -> Iterator[str]:
    """What stands in place of a number, fit to be shown."""
    odd = SealBatch.objects.filter(~IsNumber("pk")).order_by("number")
    for stored in odd.values_list(StoredBytes("pk"), flat=True).iterator(AT_A_TIME):
        yield fit_to_show(stored)


def kept_leaf_count(number: int) -> int:
    """How many leaves an otherwise unreadable checkpoint keeps."""
    counts, _ = readable_rows([number], _read_leaf_counts)
    return sum(counts)


def _read(numbers: Sequence[int]) -> list[SealBatch]:
    stored = SealBatch.objects.annotate(stored_sealed_at=StoredTime("sealed_at"))
    batches = list(stored.filter(number__in=numbers).order_by("number"))
    for batch in batches:
        stored_time(batch.stored_sealed_at)
        _refuse_malformed(batch)
    return [*batches]


def _read_leaf_counts(numbers: Sequence[int]) -> list[int]:
    found = SealBatch.objects.filter(number__in=numbers).values_list("leaf_hashes", flat=True)
    return [len(binary(leaves)) // HASH_BYTES for leaves in found]


def _refuse_malformed(batch: SealBatch) -> None:
    """Raises one of UNREADABLE: SQLite keeps any type in any column."""
    for column in (batch.root_hash, batch.frontier, batch.leaf_hashes, batch.previous_chain_hash):
        binary(column)
    for column in (batch.chain_hash, batch.signature):
        binary(column)
    texts: tuple[object, ...] = (batch.origin, batch.key_id, batch.algorithm)
    size: object = batch.tree_size
    if not isinstance(size, int) or not all(isinstance(text, str) for text in texts):
        raise TypeError("a column of the wrong type")
    checkpoint_of(batch).signed_text()
