"""The walk through the log from checkpoint to checkpoint, in seal order and with bounded memory.

For each checkpoint: its own fields, chain and signature; then the leaves its root vouches for, found in the
copy the checkpoint keeps, in the seal rows, or worked out from the events; then each row against those
leaves. A checkpoint that does not verify does not spoil the rest: the walk goes on from the next root that
does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from apps.audit.canonical import canonical_time
from apps.audit.checkpoint_rows import (
    checkpoint_of,
    kept_leaf_count,
    kept_leaves,
    odd_checkpoint_numbers,
    rooted_frontier,
    signature_of,
)
from apps.audit.conf import late_seal_threshold
from apps.audit.constants import GENESIS_HASH, SIGNATURE_ALGORITHM
from apps.audit.findings import Finding, FindingKind, VerificationReport
from apps.audit.keys_given_up import KeysGivenUp
from apps.audit.merkle import CompactRange, Subtree
from apps.audit.models import SealBatch
from apps.audit.ports import Signer
from apps.audit.seal_rows import LOST, SealedRow, findings_in, read_rows
from apps.audit.selectors import last_seal_number, misplaced_seals
from apps.audit.stored_tree import misplaced_subtrees, stored_beside
from apps.audit.unsealed_rows import as_uuid

ROWS_AT_A_TIME = 1000


class LogWalk:
    """From checkpoint to checkpoint. `_tree` covers the rows so far."""

    def __init__(self, *, signer: Signer, report: VerificationReport) -> None:
        self.report = report
        self._signer = signer
        self._keys_given_up = KeysGivenUp(signer=signer)
        self._tree = CompactRange()
        self._unsigned_rows = 0  # since the last checkpoint that was signed
        self._number = 0
        # None after a missing or changed checkpoint: the link to it cannot be judged.
        self._chain_hash: bytes | None = GENESIS_HASH

    def check(self, batch: SealBatch) -> None:
        self.report.checkpoint_count += 1
        self._check_number(batch.number)
        is_signed = self._check_signature(batch)
        kept = kept_leaves(batch)
        if not is_signed:
            self._chain_hash = None
            self._unsigned_rows += len(kept)
            return
        if finding := self._keys_given_up.see(batch):
            self.report.add(finding)
        if batch.tree_size > self._tree.size:
            self._check_rows(batch, kept)
            self.report.root_hash = bytes(batch.root_hash)
            self.report.tree_size = batch.tree_size
            self._unsigned_rows = 0
        else:
            self._about(batch.number, FindingKind.CHECKPOINT_CHANGED, "covers no more than the one before it")
        self._chain_hash = checkpoint_of(batch).chain_hash()

    def pass_unreadable(self, number: int) -> None:
        """Goes past a checkpoint that is there and cannot be read."""
        self.report.checkpoint_count += 1
        self._check_number(number)
        what = "was changed: it holds values that cannot be read"
        self._about(number, FindingKind.CHECKPOINT_UNREADABLE, what)
        self._chain_hash = None
        self._unsigned_rows += kept_leaf_count(number)

    def finish(self) -> None:
        self._check_uncovered(until=min(self._tree.size + self._unsigned_rows, last_seal_number()))
        # As text: whoever put such a row in need not have put in an id.
        misplaced = misplaced_seals().annotate(event=Cast("event_id", TextField()))
        for number, event in misplaced.values_list("seal_number", "event").iterator(ROWS_AT_A_TIME):
            message = (
                f"Seal row {number} (event {event}) is covered by no checkpoint: "
                "it was put in, or its checkpoint was deleted."
            )
            kind = FindingKind.SEAL_ROW_INSERTED
            self.report.add(Finding(kind, message, seal_number=number, event_id=as_uuid(event)))
        for odd in odd_checkpoint_numbers():
            message = f"A checkpoint under '{odd}', which is no number, was put in or changed."
            self.report.add(Finding(FindingKind.CHECKPOINT_UNREADABLE, message))
        for level, position in misplaced_subtrees():
            message = (
                f"The root of a subtree at level {level}, position {position} is covered by no checkpoint."
            )
            self.report.add(Finding(FindingKind.SUBTREE_CHANGED, message))
        self.report.warnings += self._keys_given_up.warnings(witnessed_count=self.report.witnessed_count)

    def _check_number(self, number: int) -> None:
        expected, self._number = self._number + 1, number
        if number == expected:
            return
        several = f"s {expected} to {number - 1} are" if number > expected + 1 else f" {expected} is"
        self.report.add(
            Finding(
                FindingKind.CHECKPOINT_MISSING, f"Checkpoint{several} missing.", checkpoint_number=expected
            )
        )
        self._chain_hash = None

    def _check_signature(self, batch: SealBatch) -> bool:
        checkpoint = checkpoint_of(batch)
        is_signed = self._signer.verify(checkpoint.signed_text(), signature_of(batch))
        if checkpoint.chain_hash() != bytes(batch.chain_hash):
            self._about(
                batch.number, FindingKind.CHECKPOINT_CHANGED, "was changed: it does not give its chain hash"
            )
        elif not is_signed:
            self._about(
                batch.number, FindingKind.SIGNATURE_BAD, f"has a wrong signature (key {batch.key_id})"
            )
        elif self._chain_hash is not None and checkpoint.previous_chain_hash != self._chain_hash:
            self._about(batch.number, FindingKind.CHAIN_BROKEN, "does not follow from the one before it")
        if batch.algorithm != SIGNATURE_ALGORITHM:
            what = f"was changed: it names the algorithm {batch.algorithm!r}, not {SIGNATURE_ALGORITHM}"
            self._about(batch.number, FindingKind.CHECKPOINT_CHANGED, what)
        return is_signed

    def _check_uncovered(self, *, until: int) -> None:
        """Rows whose own checkpoint is lost: only the next root, which their leaves enter, knows them."""
        while self._tree.size < until:
            first, last = self._tree.size + 1, min(until, self._tree.size + ROWS_AT_A_TIME)
            rows = read_rows(first, last)
            self._report_rows(rows, first=first, last=last, leaves=None)
            self._tree = self._tree.extended(_leaves_of(rows, first, last))

    def _check_rows(self, batch: SealBatch, kept: tuple[bytes, ...]) -> None:
        if self._chain_hash is None:
            self._check_uncovered(until=batch.tree_size - (len(kept) or ROWS_AT_A_TIME))
        first, last = self._tree.size + 1, batch.tree_size
        rows = read_rows(first, last)
        stored = _leaves_of(rows, first, last)
        computed = tuple(rows[n].event_leaf or LOST if n in rows else LOST for n in range(first, last + 1))
        root = bytes(batch.root_hash)
        for leaves in (kept, stored, computed):
            tree, subtrees = self._tree.grown(leaves)
            if tree.root() == root and tree.size == batch.tree_size:
                self._report_rows(rows, first=first, last=last, leaves=leaves, sealed_at=batch.sealed_at)
                self._check_subtrees(subtrees, batch.number)
                self._tree = tree
                if kept != leaves:
                    what = "was changed: its copy of the leaves is wrong"
                    self._about(batch.number, FindingKind.CHECKPOINT_CHANGED, what)
                if tree.to_bytes() != bytes(batch.frontier):
                    self._about(
                        batch.number, FindingKind.CHECKPOINT_CHANGED, "was changed: its frontier is wrong"
                    )
                return
        self._report_rows(rows, first=first, last=last, leaves=None, sealed_at=batch.sealed_at)
        what = (
            f"does not match its rows: among seals {first} to {last} rows were changed, put in or taken out"
        )
        self._about(batch.number, FindingKind.ROOT_MISMATCH, what)
        # The kept frontier that gives the signed root lets later checkpoints be judged on their own.
        self._tree = rooted_frontier(batch) or self._tree.extended(stored)

    def _check_subtrees(self, subtrees: Sequence[Subtree], number: int) -> None:
        for subtree, stored in stored_beside(subtrees):
            if stored != subtree.root:
                what = f"was changed: the root kept at level {subtree.level}, position {subtree.position} is "
                what += "wrong" if stored else "missing"
                self._about(number, FindingKind.SUBTREE_CHANGED, what)

    def _report_rows(
        self,
        rows: dict[int, SealedRow],
        *,
        first: int,
        last: int,
        leaves: Sequence[bytes] | None,
        sealed_at: datetime | None = None,
    ) -> None:
        for finding in findings_in(rows, first=first, last=last, leaves=leaves):
            self.report.add(finding)
        self.report.sealed_count += len(rows)
        self.report.erased_count += sum(row.is_erased for row in rows.values())
        if sealed_at is not None:
            self._note_late(rows.values(), sealed_at)

    def _note_late(self, rows: Iterable[SealedRow], sealed_at: datetime) -> None:
        """One note for the batch: after an outage of the sealer all of it is late."""
        late = [
            (row.occurred_at, row.number, row.event_id)
            for row in rows
            if row.occurred_at is not None and sealed_at - row.occurred_at > late_seal_threshold()
        ]
        if not late:
            return
        self.report.late_count += len(late)
        occurred_at, number, event_id = min(late, key=lambda event: event[:2])
        others = f", and {len(late) - 1:,} more were sealed late with it" if len(late) > 1 else ""
        self.report.note(
            f"Event {event_id} (seal {number}) claims {canonical_time(occurred_at)} and was sealed at "
            f"{canonical_time(sealed_at)}{others}."
        )

    def _about(self, number: int, kind: FindingKind, what: str) -> None:
        self.report.add(Finding(kind, f"Checkpoint {number} {what}.", checkpoint_number=number))


def _leaves_of(rows: dict[int, SealedRow], first: int, last: int) -> tuple[bytes, ...]:
    return tuple(rows[number].leaf if number in rows else LOST for number in range(first, last + 1))
