"""What checkpoints are worth whose key somebody else may have: the signature says no longer who made them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.audit.canonical import canonical_time
from apps.audit.findings import Finding, FindingKind
from apps.audit.models import SealBatch
from apps.audit.ports import Signer

IN_FLIGHT = timedelta(minutes=1)
"""A batch that was being signed while its key was given up, by a host whose clock differs."""


@dataclass
class _Signed:
    """The checkpoints under one such key, and the first after them under a key that nobody else has."""

    since: datetime
    first: int
    last: int
    followed_by: SealBatch | None = None


class KeysGivenUp:
    """Is shown every signed checkpoint, in order."""

    def __init__(self, *, signer: Signer) -> None:
        self._since = signer.given_up()
        self._signed: dict[str, _Signed] = {}

    def see(self, batch: SealBatch) -> Finding | None:
        """A finding when it claims a time at which nobody but a stranger could sign with that key."""
        since = self._since.get(batch.key_id)
        if since is None:
            for signed in self._signed.values():
                signed.followed_by = signed.followed_by or batch
            return None
        signed = self._signed.setdefault(batch.key_id, _Signed(since, batch.number, batch.number))
        signed.last, signed.followed_by = batch.number, None
        if batch.sealed_at <= since + IN_FLIGHT:
            return None
        message = (
            f"Checkpoint {batch.number} was sealed at {canonical_time(batch.sealed_at)} with key {batch.key_id}, "
            f"which was given up as compromised at {canonical_time(since)}."
        )
        return Finding(FindingKind.SIGNED_WITH_KEY_GIVEN_UP, message, checkpoint_number=batch.number)

    def warnings(self, *, witnessed_count: int) -> Iterator[str]:
        for key_id, signed in self._signed.items():
            several = signed.last > signed.first
            which = (
                f"Checkpoints {signed.first} to {signed.last} bear"
                if several
                else f"Checkpoint {signed.first} bears"
            )
            yield (
                f"{which} key {key_id}, reported as compromised at {canonical_time(signed.since)}: of what "
                f"{'they cover' if several else 'it covers'}, the signature alone proves nothing. "
                f"{_followed(signed.followed_by)} {_witnessed(witnessed_count)}"
            )


def _followed(batch: SealBatch | None) -> str:
    if batch is None:
        return "No checkpoint after that bears another key yet."
    return (
        f"Checkpoint {batch.number}, sealed at {canonical_time(batch.sealed_at)}, is the next under a key that nobody "
        "else is known to have: what was in the log then has not been changed since."
    )


def _witnessed(count: int) -> str:
    if not count:
        return "No witness vouches for what was in the log before."
    return f"A witness outside the database vouches for the first {count:,} events of the log as they are."
