"""Holding the log against what is known of it outside the database.

Whoever can write to the database can empty the seals and let the sealer start afresh, or cut the newest end off.
What they cannot do is take back a checkpoint that a file elsewhere still names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import structlog

from apps.audit.checkpoint_rows import checkpoint_of, signature_of
from apps.audit.conf import witness_file
from apps.audit.constants import SIGNATURE_ALGORITHM
from apps.audit.errors import SealChainBroken, WitnessUnreadable
from apps.audit.findings import Finding, FindingKind, VerificationReport
from apps.audit.models import SealBatch
from apps.audit.ports import Signer
from apps.audit.witness import (
    WitnessedCheckpoint,
    newest_witnessed,
    witness_line,
    witnessed_in,
    write_witness,
)

AT_A_TIME = 500
CUT = "The log was cut or sealed anew, or an older backup of the database was restored."

log = structlog.get_logger(__name__)


def keep_witness(batch: SealBatch) -> None:
    """Writes a committed checkpoint to the witness file, unless a newer one stands there already.

    A file that cannot be written is an error in the process log: what is sealed stays sealed.
    """
    path = witness_file()
    if path is None:
        return
    try:
        held = newest_witnessed(path)
        if held is None and batch.number > 1:
            log.warning("audit_witness_begun", file=str(path), number=batch.number)
        if held is None or held.number < batch.number:
            write_witness(path, witness_line(checkpoint_of(batch), signature_of(batch)))
    except (OSError, WitnessUnreadable):
        log.exception("audit_witness_not_kept", file=str(path), number=batch.number)


@dataclass(frozen=True)
class Witness:
    """What this host's witness file holds: no number when there is no file, an error when it cannot be read."""

    path: Path
    number: int | None = None
    error: str = ""


def own_witness() -> Witness | None:
    """None when none is to be kept."""
    path = witness_file()
    if path is None:
        return None
    try:
        held = newest_witnessed(path)
    except WitnessUnreadable as error:
        return Witness(path, error=str(error))
    return Witness(path, number=held.number if held else None)


def require_witness(*, signer: Signer) -> None:
    """Raises: SealChainBroken when the database does not hold the checkpoint that the witness file names."""
    path = witness_file()
    if path is None:
        return
    try:
        held = newest_witnessed(path)
    except WitnessUnreadable as error:
        raise SealChainBroken(str(error)) from error
    for _, contradiction in _compared([held] if held else [], signer=signer):
        if contradiction:
            raise SealChainBroken(
                f"witness {path}: {contradiction} Run verify_audit_log. If this is known and wanted, such as a "
                "restored backup, move the witness file away and sealing goes on."
            )


def compare_with_witnesses(
    report: VerificationReport, *, signer: Signer, others: Sequence[Path] = ()
) -> None:
    """Adds a finding for each checkpoint that the own witness file, or one of `others`, names and the database
    does not hold, and says how far the witnesses that agree reach.

    Raises: WitnessUnreadable for one of `others` that names nothing.
    """
    own = witness_file()
    if own is not None:
        _compare_with_own(report, own, signer=signer)
    for path in others:
        seen = _Seen()
        _hold_against(report, path, seen.readable(witnessed_in(path)), signer=signer)
        if not seen.count:
            raise WitnessUnreadable(f"{path} names no checkpoint")
        if seen.unreadable_count:
            report.note(f"Witness {path}: {seen.unreadable_count} lines about a checkpoint cannot be read.")


class _Seen:
    """Counts what passes through, so that a long log need not be held in memory."""

    count = 0
    unreadable_count = 0

    def readable(self, lines: Iterable[WitnessedCheckpoint | None]) -> Iterator[WitnessedCheckpoint]:
        for named in lines:
            if named is None:
                self.unreadable_count += 1
            else:
                self.count += 1
                yield named


def _compare_with_own(report: VerificationReport, path: Path, *, signer: Signer) -> None:
    try:
        held = newest_witnessed(path)
    except WitnessUnreadable as error:
        report.is_witness_there = True
        report.add(Finding(FindingKind.WITNESS_UNREADABLE, f"The witness cannot be read: {error}."))
        return
    if held is None:
        if SealBatch.objects.exists():
            report.note(f"There is no witness at {path}.")
        return
    _hold_against(report, path, [held], signer=signer)


def _hold_against(
    report: VerificationReport, path: Path, named: Iterable[WitnessedCheckpoint], *, signer: Signer
) -> None:
    for checkpoint, contradiction in _compared(named, signer=signer):
        report.is_witness_there = True
        if contradiction:
            message = f"Witness {path}: {contradiction}"
            kind = FindingKind.WITNESS_CONTRADICTED
            report.add(Finding(kind, message, checkpoint_number=checkpoint.number))
        else:
            report.witnessed_count = max(report.witnessed_count, checkpoint.tree_size)


def _compared(
    named: Iterable[WitnessedCheckpoint], *, signer: Signer
) -> Iterator[tuple[WitnessedCheckpoint, str]]:
    """Each named checkpoint with words for what contradicts it; none when the database holds it just so."""
    rest = iter(named)
    while page := list(islice(rest, AT_A_TIME)):
        rows = SealBatch.objects.filter(number__in={checkpoint.number for checkpoint in page})
        held = {
            number: (tree_size, root)
            for number, tree_size, root in rows.values_list("number", "tree_size", "root_hash")
        }
        for checkpoint in page:
            yield checkpoint, _contradiction(checkpoint, held.get(checkpoint.number), signer=signer)


def _contradiction(named: WitnessedCheckpoint, held: tuple[int, object] | None, *, signer: Signer) -> str:
    name = f"checkpoint {named.number} over {named.tree_size} events"
    if named.signature is not None and not (
        named.signature.algorithm == SIGNATURE_ALGORITHM and signer.verify(named.signed_text, named.signature)
    ):
        return f"the signature of {name} does not verify; the file was changed, or its key is gone."
    if held is None:
        return f"{name} is not in the database. {CUT}"
    tree_size, root = held
    # On SQLite a column can hold what is no binary value at all.
    held_root = bytes(root).hex() if isinstance(root, (bytes, memoryview)) else ""
    if (tree_size, held_root) != (named.tree_size, named.root):
        return f"{name} is another one in the database. {CUT}"
    return ""
