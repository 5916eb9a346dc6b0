"""What the log asks of the apps above it: the words of their events, and a signer for its seals."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from apps.core.ports import Port


class AuditAction(StrEnum):
    """Base of the enum in each app's `events.py`; members read `NOUN_PAST_VERB = "noun.past_verb"`."""


class Outcome(StrEnum):
    SUCCESS = "success"
    REFUSED = "refused"
    ERROR = "error"


@dataclass(frozen=True)
class Subject:
    """Who acted or was acted upon. `kind` and `id` stay for ever; `label` is personal and can be erased."""

    kind: str
    id: str
    label: str = ""


ANONYMOUS = Subject(kind="anonymous", id="")
SYSTEM = Subject(kind="system", id="")


@dataclass(frozen=True)
class AuditSignature:
    key_id: str
    algorithm: str
    value: bytes


class Signer(Protocol):
    """Signs with SIGNATURE_ALGORITHM; a checkpoint that names another one does not verify."""

    def sign(self, message: bytes) -> AuditSignature: ...

    def key_id(self) -> str:
        """The key that `sign` takes at present."""
        ...

    def verify(self, message: bytes, signature: AuditSignature) -> bool:
        """False for a wrong signature and for a key id that was never this installation's."""
        ...

    def public_key(self, key_id: str) -> bytes | None:
        """The 32 bytes that others verify with; None for a key id that was never this installation's."""
        ...


signer: Port[Signer] = Port("audit.signer")
