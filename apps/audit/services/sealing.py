"""Giving committed events their place in the log: a seal number, a Merkle leaf, a signed root.

Only one sealer works at a time. Each batch is one transaction: seal rows and checkpoint appear together. An
event that commits late, with an id older than what is sealed already, is found by the lookback, or else by
the sweep, which looks at the whole log; it gets the next free number, never one in between.
"""

from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import structlog
from django.db import IntegrityError, connection, transaction

from apps.audit.careful_reading import or_unreadable
from apps.audit.checkpoint import Checkpoint
from apps.audit.checkpoint_rows import checkpoint_of, rooted_frontier, signature_of
from apps.audit.conf import log_origin, seal_batch_size, seal_lookback
from apps.audit.constants import GENESIS_HASH, SIGNATURE_ALGORITHM
from apps.audit.errors import SealChainBroken
from apps.audit.event_id_form import ids_out_of_form
from apps.audit.merkle import CompactRange, Subtree
from apps.audit.models import SealBatch, SealedEvent, SealSubtree
from apps.audit.ports import Signer, signer
from apps.audit.selectors import (
    is_seal_outside,
    latest_checkpoint,
    sealing_front,
    unsealed_events,
)
from apps.audit.services.witnessing import keep_witness, require_witness
from apps.audit.unsealed_rows import Sealable, UnsealedPage, read_unsealed
from apps.audit.witness import LINE_EVENT
from apps.core.bulk_rows import insert_rows

# Any number will do, as long as nothing else in this database takes it: "audit" in ASCII.
SEALER_LOCK = 0x6175646974
ODD_IDS_COUNTED = 1000
NOTHING = UnsealedPage([], [])

log = structlog.get_logger(__name__)


def seal_pending(*, now: datetime, lookback: timedelta | None = None, batch_size: int | None = None) -> int:
    """Seals what has committed and gives the number of events sealed; 0 at once while another sealer works.

    Raises: SealChainBroken, and PortEmpty when no signer is registered.
    """
    span = seal_lookback() if lookback is None else lookback
    found = or_unreadable(lambda: (sealing_front(lookback=span),))
    if found is None:
        raise SealChainBroken("the newest seal or checkpoint holds values that cannot be read")
    (front,) = found
    return _seal_after(front, now=now, batch_size=batch_size or seal_batch_size())


def sweep_unsealed(*, now: datetime, batch_size: int | None = None) -> int:
    """As `seal_pending`, over the whole log: finds what committed later than the lookback allows for."""
    return _seal_after(None, now=now, batch_size=batch_size or seal_batch_size())


def _seal_after(front: UUID | None, *, now: datetime, batch_size: int) -> int:
    key = signer.get()
    _complain_of_odd_ids(after=front)
    # Asked outside the lock: on SQLite an idle sealer must not hold up those who write.
    if not unsealed_events(after=front).exists():
        return 0
    sealed = 0
    while True:
        page = _seal_batch(front, signer=key, now=now, batch_size=batch_size)
        sealed += len(page.sealable)
        if page.size < batch_size or page.last_id is None:
            return sealed
        front = page.last_id


def _complain_of_odd_ids(*, after: UUID | None) -> None:
    """Events that no seal can point at are left alone; verification names each."""
    odd = list(islice(ids_out_of_form(after=after), ODD_IDS_COUNTED))
    if odd:
        log.error("audit_event_ids_out_of_form", count=len(odd), first=odd[0])


def _seal_batch(front: UUID | None, *, signer: Signer, now: datetime, batch_size: int) -> UnsealedPage:
    """One batch in one transaction. Events that cannot be read stay behind; verification names them."""
    with transaction.atomic(durable=True):
        if not _is_only_sealer():
            return NOTHING
        page = read_unsealed(unsealed_events(after=front)[:batch_size])
        batch = _seal(page.sealable, signer=signer, now=now) if page.sealable else None
    if page.unreadable:
        log.error("audit_events_unreadable", count=len(page.unreadable), first=page.unreadable[0])
    if batch is not None:
        # Durable means committed: a witness of what was rolled back would stop every later batch.
        keep_witness(batch)
        # Also a witness: whoever keeps the process log elsewhere holds roots that the database cannot take back.
        root = batch.root_hash.hex()
        log.info(LINE_EVENT, number=batch.number, tree_size=batch.tree_size, root=root)
    return page


def _seal(events: list[Sealable], *, signer: Signer, now: datetime) -> SealBatch:
    require_witness(signer=signer)
    newest, tree = _verified_tree(signer=signer)
    leaves = [event.leaf for event in events]
    insert_rows(
        SealedEvent,
        ("seal_number", "event_id", "leaf_hash"),
        ((number, event.content.id, event.leaf) for number, event in enumerate(events, tree.size + 1)),
    )
    grown, subtrees = tree.grown(leaves)
    _keep_subtrees(subtrees)
    return _append_checkpoint(newest, tree=grown, leaves=leaves, signer=signer, now=now)


def _keep_subtrees(subtrees: list[Subtree]) -> None:
    try:
        SealSubtree.objects.bulk_create(
            SealSubtree(level=level, position=position, root_hash=root) for level, position, root in subtrees
        )
    except IntegrityError as error:
        raise SealChainBroken("the root of a subtree stands there before its leaves are sealed") from error


def _is_only_sealer() -> bool:
    """Held to the end of the transaction. SQLite's write transactions exclude each other anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        (locked,) = cursor.fetchone()
    return bool(locked)


def _verified_tree(*, signer: Signer) -> tuple[SealBatch | None, CompactRange]:
    """The newest checkpoint, and the tree to go on from. Raises: SealChainBroken."""
    found = or_unreadable(lambda: _newest_with_tree(signer=signer))
    if found is None:
        raise SealChainBroken("the newest checkpoint holds values that cannot be read")
    newest, tree = found
    if is_seal_outside(tree_size=tree.size):
        raise SealChainBroken("there are seal rows that no checkpoint covers")
    return newest, tree


def _newest_with_tree(*, signer: Signer) -> tuple[SealBatch | None, CompactRange]:
    newest = latest_checkpoint()
    return newest, CompactRange() if newest is None else _tree_of(newest, signer=signer)


def _tree_of(newest: SealBatch, *, signer: Signer) -> CompactRange:
    checkpoint = checkpoint_of(newest)
    if checkpoint.chain_hash() != bytes(newest.chain_hash):
        raise SealChainBroken(f"checkpoint {newest.number} does not give its chain hash")
    if newest.algorithm != SIGNATURE_ALGORITHM or not signer.verify(
        checkpoint.signed_text(), signature_of(newest)
    ):
        raise SealChainBroken(f"the signature of checkpoint {newest.number} does not verify")
    tree = rooted_frontier(newest)
    if tree is None:
        raise SealChainBroken(f"the frontier of checkpoint {newest.number} does not give its root")
    return tree


def _append_checkpoint(
    newest: SealBatch | None, *, tree: CompactRange, leaves: list[bytes], signer: Signer, now: datetime
) -> SealBatch:
    checkpoint = Checkpoint(
        origin=log_origin(),
        number=newest.number + 1 if newest else 1,
        tree_size=tree.size,
        root_hash=tree.root(),
        previous_chain_hash=bytes(newest.chain_hash) if newest else GENESIS_HASH,
        sealed_at=now,
    )
    signature = signer.sign(checkpoint.signed_text())
    batch = SealBatch(
        number=checkpoint.number,
        origin=checkpoint.origin,
        tree_size=checkpoint.tree_size,
        root_hash=checkpoint.root_hash,
        frontier=tree.to_bytes(),
        leaf_hashes=b"".join(leaves),
        previous_chain_hash=checkpoint.previous_chain_hash,
        chain_hash=checkpoint.chain_hash(),
        sealed_at=checkpoint.sealed_at,
        key_id=signature.key_id,
        algorithm=signature.algorithm,
        signature=signature.value,
    )
    batch.save(force_insert=True)
    return batch
