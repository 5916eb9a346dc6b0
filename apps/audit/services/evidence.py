"""Giving out a part of the log as a file that proves itself."""

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction

from apps.audit.canonical import Json, canonical_event, canonical_time
from apps.audit.careful_reading import binary
from apps.audit.errors import LogDoesNotVerify
from apps.audit.events import AuditLogAction
from apps.audit.evidence_bundle import (
    CHECKPOINT,
    CONSISTENCY,
    EVENTS,
    FORMAT,
    INCLUSION,
    KEYS,
    MANIFEST,
    MANIFEST_NOTE,
    SEALS,
    SINCE,
    BundleFile,
    BundleWriter,
    json_line,
    manifest_text,
)
from apps.audit.evidence_rows import Exhibit, exhibits
from apps.audit.log_proofs import growth_proof, signed_checkpoint
from apps.audit.merkle import CompactRange, perfect_spans
from apps.audit.models import SealBatch
from apps.audit.ports import SYSTEM, Outcome, Signer, Subject, signer
from apps.audit.selectors import seal_span
from apps.audit.services.record import record_event
from apps.audit.signed_note import checkpoint_note, public_jwk, signed_note
from apps.audit.stored_tree import LONG_WALK, StoredTree
from apps.core.origin import SYSTEM_ORIGIN, Origin


@dataclass(frozen=True)
class EvidenceRequest:
    start: datetime
    end: datetime
    """The first moment after."""
    actions: Sequence[str] = ()
    """Empty for all; then nothing is left out between the first event and the last."""
    has_personal: bool = True
    checkpoint_number: int | None = None
    """The newest by default."""
    since_number: int | None = None

    def covers(self, exhibit: Exhibit) -> bool:
        content = exhibit.content
        return self.start <= content.occurred_at < self.end and (
            not self.actions or content.action in self.actions
        )

    def as_json(self) -> dict[str, Json]:
        return {
            "actions": sorted(self.actions),
            "from": canonical_time(self.start),
            "to": canonical_time(self.end),
        }


@dataclass
class EvidenceCounts:
    count: int = 0
    beside: int = 0
    """Of them, those that happened outside of the time asked for and were sealed in between."""
    first_seal: int | None = None
    last_seal: int | None = None

    def add(self, seal_number: int, *, is_covered: bool) -> None:
        self.count += 1
        self.beside += not is_covered
        self.first_seal = seal_number if self.first_seal is None else self.first_seal
        self.last_seal = seal_number

    def as_json(self) -> dict[str, Json]:
        return {
            "beside": self.beside,
            "count": self.count,
            "first_seal": self.first_seal,
            "last_seal": self.last_seal,
        }


@dataclass(frozen=True)
class Evidence:
    counts: EvidenceCounts
    checkpoint_number: int
    tree_size: int
    signing_key_ids: Sequence[str]
    """All that an auditor has to trust: an earlier checkpoint may bear a key that signs no more."""
    given_up: Mapping[str, datetime]
    """Which of these keys somebody else may have, and since when that is known."""
    manifest_digest: str


def export_evidence(
    *,
    request: EvidenceRequest,
    output: Path,
    now: datetime,
    actor: Subject = SYSTEM,
    origin: Origin = SYSTEM_ORIGIN,
) -> Evidence:
    """Writes the bundle to a new file that only its owner can read: whole or not at all, and with its event.

    Raises: NothingToProve, FileExistsError, OSError, PortEmpty, and LogDoesNotVerify, which becomes an event too.
    """
    key = signer.get()
    if output.exists():
        raise FileExistsError(errno.EEXIST, "there is a file of that name already", str(output))
    try:
        with _draft(output) as draft:
            # A zip that is given up is closed as well: it would write its end into the closed file later.
            with closing(BundleWriter(draft, now=now)) as bundle:
                evidence = _write_bundle(bundle, request, signer=key, now=now, spool_directory=output.parent)
            draft.flush()
            os.fsync(draft.fileno())
            with transaction.atomic():
                details = {**_details(request), **_found(evidence)}
                _record(Outcome.SUCCESS, details, actor=actor, origin=origin, now=now)
                Path(draft.name).replace(output)
    except LogDoesNotVerify as error:
        with transaction.atomic():
            details = {**_details(request), "reason": error.code, "found": str(error)}
            _record(Outcome.ERROR, details, actor=actor, origin=origin, now=now)
        raise
    return evidence


@contextmanager
def _draft(output: Path) -> Iterator[IO[bytes]]:
    """A file beside the output. Whatever goes wrong, nothing stays: neither it nor what it was renamed to."""
    with tempfile.NamedTemporaryFile(
        "w+b", dir=output.parent, prefix=f".{output.name}.", delete=False
    ) as file:
        try:
            yield file
        except BaseException:
            if not Path(file.name).exists():
                output.unlink(missing_ok=True)
            Path(file.name).unlink(missing_ok=True)
            raise


def _write_bundle(
    bundle: BundleWriter,
    request: EvidenceRequest,
    *,
    signer: Signer,
    now: datetime,
    spool_directory: Path,
) -> Evidence:
    batch = signed_checkpoint(request.checkpoint_number, signer=signer)
    notes = {CHECKPOINT: batch}
    if request.since_number is not None:
        earlier = signed_checkpoint(request.since_number, signer=signer)
        notes[SINCE] = earlier
        nodes = growth_proof(earlier=earlier, later=batch)
        bundle.add(CONSISTENCY, b"".join(_hash_line(node) for node in nodes))
    for name, checkpoint in notes.items():
        bundle.add(name, checkpoint_note(checkpoint, signer=signer).encode())
    counts = _write_events(bundle, request, batch, spool_directory=spool_directory)
    key_ids = {checkpoint.key_id for checkpoint in notes.values()}
    held = sorted({signer.key_id(), *key_ids})
    bundle.add(KEYS, json_line({"keys": [public_jwk(key_id, signer=signer) for key_id in held]}))
    bundle.add_texts()
    return _sign(bundle, request, batch, counts, key_ids=key_ids, signer=signer, now=now)


def _sign(
    bundle: BundleWriter,
    request: EvidenceRequest,
    batch: SealBatch,
    counts: EvidenceCounts,
    *,
    key_ids: set[str],
    signer: Signer,
    now: datetime,
) -> Evidence:
    manifest = json_line(
        {
            "created_at": canonical_time(now),
            "events": counts.as_json(),
            "files": dict(bundle.files),
            "format": FORMAT,
            "origin": batch.origin,
            "personal": request.has_personal,
            "selection": request.as_json(),
        }
    )
    text = manifest_text(batch.origin, manifest)
    signature = signer.sign(text)
    bundle.add(MANIFEST, manifest)
    bundle.add(MANIFEST_NOTE, signed_note(text, signature, name=batch.origin, signer=signer).encode())
    digest = text.decode().splitlines()[1]
    signers = sorted({*key_ids, signature.key_id})
    given_up = {key_id: at for key_id, at in signer.given_up().items() if key_id in signers}
    return Evidence(counts, batch.number, batch.tree_size, signers, given_up, digest)


def _write_events(
    bundle: BundleWriter, request: EvidenceRequest, batch: SealBatch, *, spool_directory: Path
) -> EvidenceCounts:
    """Raises: LogDoesNotVerify, also when what was written does not lead to the signed root."""
    counts = EvidenceCounts()
    span = seal_span(start=request.start, end=request.end, tree_size=batch.tree_size)
    with ExitStack() as files:
        # A zip takes one file at a time; the other two wait beside it.
        seals = files.enter_context(tempfile.TemporaryFile(dir=spool_directory))
        inclusion = files.enter_context(tempfile.TemporaryFile(dir=spool_directory))
        tree = _PrunedTree(inclusion)
        with bundle.opened(EVENTS) as events:
            for exhibit in exhibits(*span) if span else ():
                is_covered = request.covers(exhibit)
                if request.actions and not is_covered:
                    continue
                _write_event(events, seals, exhibit, is_shown=request.has_personal and is_covered)
                counts.add(exhibit.seal_number, is_covered=is_covered)
                tree.add_leaf(exhibit.seal_number - 1, exhibit.leaf)
        if tree.finished_root(batch.tree_size) != binary(batch.root_hash):
            raise LogDoesNotVerify(f"the events do not lead to the root that checkpoint {batch.number} signs")
        bundle.add_file(SEALS, seals)
        bundle.add_file(INCLUSION, inclusion)
    return counts


def _write_event(events: BundleFile, seals: IO[bytes], exhibit: Exhibit, *, is_shown: bool) -> None:
    events.write(canonical_event(exhibit.content) + b"\n")
    line: dict[str, Json] = {"leaf": exhibit.leaf.hex(), "seal": exhibit.seal_number}
    if exhibit.salt is None:
        line["state"] = "erased"
    elif is_shown:
        line |= {"personal": exhibit.personal, "salt": exhibit.salt.hex(), "state": "shown"}
    else:
        line["state"] = "withheld"
    seals.write(json_line(line))


class _PrunedTree:
    """Goes through the tree from left to right and writes the roots of what is not in the bundle."""

    def __init__(self, hashes: IO[bytes]) -> None:
        self._hashes = hashes
        self._stored = StoredTree(page_size=LONG_WALK)
        self._tree = CompactRange()

    def add_leaf(self, index: int, leaf: bytes) -> None:
        self._pass_until(index)
        self._tree = self._tree.extended([leaf])

    def finished_root(self, tree_size: int) -> bytes:
        self._pass_until(tree_size)
        return self._tree.root()

    def _pass_until(self, index: int) -> None:
        for start, end in perfect_spans(self._tree.size, index):
            root = self._stored.root(start, end)
            self._hashes.write(_hash_line(root))
            self._tree = self._tree.joined(root, end - start)


def _hash_line(value: bytes) -> bytes:
    return f"{value.hex()}\n".encode()


def _details(request: EvidenceRequest) -> dict[str, Json]:
    return {
        **request.as_json(),
        "personal": request.has_personal,
        "checkpoint": request.checkpoint_number,
        "since": request.since_number,
    }


def _found(evidence: Evidence) -> dict[str, Json]:
    return {
        **evidence.counts.as_json(),
        "checkpoint": evidence.checkpoint_number,
        "tree_size": evidence.tree_size,
        "manifest_sha256": evidence.manifest_digest,
    }


def _record(
    outcome: Outcome, details: dict[str, Json], *, actor: Subject, origin: Origin, now: datetime
) -> None:
    record_event(
        action=AuditLogAction.EVIDENCE_EXPORTED,
        outcome=outcome,
        actor=actor,
        origin=origin,
        now=now,
        details=details,
    )
