"""What the log asks of the apps above it: the words of their events, a signer for its seals, and who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from apps.core.ports import Port, Registry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


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

    def given_up(self) -> Mapping[str, datetime]:
        """By key id, when each key was given up that somebody else may have. They verify as before."""
        ...


signer: Port[Signer] = Port("audit.signer")


@dataclass(frozen=True)
class LoggedEvent:
    """A sealed event, as readers of the log are handed it. Their order is that of the seal numbers."""

    seal_number: int
    id: UUID
    occurred_at: datetime
    action: str
    outcome: str
    actor_kind: str
    actor_id: str
    target_kind: str
    target_id: str
    client_id: str
    session_id: str
    request_id: str
    details: Any
    personal: Any
    """None once the personal values were erased."""


@dataclass(frozen=True)
class LogReader:
    """Who follows the log from its first event on, and keeps a cursor under `name`.

    `handle` is called with events of `actions` in seal order, inside the transaction that moves the cursor: what it
    writes to this database happens once for each event. It does nothing that cannot be rolled back: it enqueues jobs.
    It may be called again with a part of what it was given, after what it did is undone.
    """

    name: str
    title: StrOrPromise
    actions: frozenset[str]
    handle: Callable[[Sequence[LoggedEvent]], None]
    first_delay: timedelta = timedelta(seconds=10)
    longest_delay: timedelta = timedelta(hours=1)


readers: Registry[LogReader] = Registry("audit.readers")


class Topic(StrEnum):
    """What people narrow their own activity to."""

    SIGN_IN = "sign-in"
    SECURITY = "security"
    RECORD = "record"
    ACCESS = "access"
    ADMINISTRATION = "administration"


@dataclass(frozen=True)
class Told:
    """How an action reads to the person whom it concerns.

    The sentences may hold %(actor)s, %(target)s and %(role)s; %(fields)s are the names of what was changed.
    """

    topic: Topic
    by_you: StrOrPromise = ""
    """They did it themselves: to their own record, or to something."""
    by_you_to: StrOrPromise = ""
    """They did it to another person; `by_you` where this is empty."""
    by_another: StrOrPromise = ""
    by_nobody: StrOrPromise = ""
    """Nobody known did it: a stranger, or the program; `by_another` with "Gatehouse" where this is empty. It also
    stands in for the words that are missing of anybody else."""


# By action; None for what is never told, being no concern of a single person or too frequent to be read. Each app's
# events.py adds its own.
told_to_people: dict[str, Told | None] = {}
