"""The text that is signed for each batch of seals.

It follows the checkpoint form of transparency logs (C2SP tlog-checkpoint): origin, tree size and base64
root, one a line, then extension lines of ours:

    id.example.com/audit
    4711
    q1m…=
    number 12
    previous 3Ef…=
    sealed-at 2026-11-23T13:29:00.123456Z

`previous` is the SHA-256 of the text before, so that the texts form a chain of their own.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from apps.audit.canonical import canonical_time


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    number: int
    tree_size: int
    root_hash: bytes
    previous_chain_hash: bytes
    sealed_at: datetime

    def signed_text(self) -> bytes:
        lines = (
            self.origin,
            str(self.tree_size),
            _base64(self.root_hash),
            f"number {self.number}",
            f"previous {_base64(self.previous_chain_hash)}",
            f"sealed-at {canonical_time(self.sealed_at)}",
        )
        return "".join(f"{line}\n" for line in lines).encode()

    def chain_hash(self) -> bytes:
        return hashlib.sha256(self.signed_text()).digest()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
