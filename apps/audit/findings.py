"""What a verification of the log can find, in words for the person who has to act on it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class FindingKind(StrEnum):
    EVENT_CHANGED = "event_changed"
    EVENT_DELETED = "event_deleted"
    EVENT_ID_OUT_OF_FORM = "event_id_out_of_form"
    EVENT_UNREADABLE = "event_unreadable"
    PERSONAL_CHANGED = "personal_changed"
    SEAL_ROW_CHANGED = "seal_row_changed"
    SEAL_ROW_MISSING = "seal_row_missing"
    SEAL_ROW_MOVED = "seal_row_moved"
    SEAL_ROW_INSERTED = "seal_row_inserted"
    SEAL_ROW_UNREADABLE = "seal_row_unreadable"
    CHECKPOINT_CHANGED = "checkpoint_changed"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    CHAIN_BROKEN = "chain_broken"
    SIGNATURE_BAD = "signature_bad"
    SIGNED_WITH_KEY_GIVEN_UP = "signed_with_key_given_up"
    ROOT_MISMATCH = "root_mismatch"
    SUBTREE_CHANGED = "subtree_changed"
    WITNESS_CONTRADICTED = "witness_contradicted"
    VERIFICATION_CONTRADICTED = "verification_contradicted"
    WITNESS_UNREADABLE = "witness_unreadable"


class Verdict(StrEnum):
    """What a verification may be said to have shown."""

    INTACT = "intact"
    UNWITNESSED = "intact in itself"
    """Nothing outside the database was compared: a log that was cut or sealed anew looks just so."""
    TAMPERED = "tampered with"


def verdict_on(*, is_intact: bool, witnessed_count: int) -> Verdict:
    if not is_intact:
        return Verdict.TAMPERED
    return Verdict.INTACT if witnessed_count else Verdict.UNWITNESSED


@dataclass(frozen=True)
class Finding:
    kind: FindingKind
    message: str
    seal_number: int | None = None
    event_id: UUID | None = None
    checkpoint_number: int | None = None

    def as_json(self) -> dict[str, str | int | None]:
        return {
            "kind": self.kind.value,
            "message": self.message,
            "seal_number": self.seal_number,
            "event_id": str(self.event_id) if self.event_id else None,
            "checkpoint_number": self.checkpoint_number,
        }


@dataclass
class VerificationReport:
    """Counts everything and keeps the first `limit` findings.

    A warning says what the verdict rests on less than it seems; a note is worth a look. Neither proves anything.
    """

    started_at: datetime
    limit: int
    sealed_count: int = 0
    checkpoint_count: int = 0
    erased_count: int = 0
    unsealed_count: int = 0
    late_count: int = 0
    witnessed_count: int = 0
    """Events under the newest checkpoint that something outside the database names as well; 0 without such."""
    is_witness_there: bool = False
    """Also when it contradicts the log or cannot be read."""
    root_hash: bytes | None = None
    tree_size: int = 0
    """Events under that root."""
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return self.finding_count == 0

    @property
    def verdict(self) -> Verdict:
        return verdict_on(is_intact=self.is_intact, witnessed_count=self.witnessed_count)

    def add(self, finding: Finding) -> None:
        self.finding_count += 1
        if len(self.findings) < self.limit:
            self.findings.append(finding)

    def note(self, text: str) -> None:
        if len(self.notes) < self.limit:
            self.notes.append(text)

    def as_json(self) -> dict[str, object]:
        return {
            "intact": self.is_intact,
            "started_at": self.started_at.isoformat(),
            "sealed": self.sealed_count,
            "checkpoints": self.checkpoint_count,
            "root_hash": self.root_hash.hex() if self.root_hash else None,
            "erased": self.erased_count,
            "unsealed": self.unsealed_count,
            "sealed_late": self.late_count,
            "witnessed": self.witnessed_count,
            "finding_count": self.finding_count,
            "findings": [finding.as_json() for finding in self.findings],
            "warnings": self.warnings,
            "notes": self.notes,
        }
