"""Writing many events of the past at once, as `record_event` would have written each: made-up histories and imports.

They are written without the actions that they are about, which is why only `transfer` does this.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.audit.canonical import Json, personal_commitment, storable
from apps.audit.constants import SALT_BYTES
from apps.audit.event_values import personal_values
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, AuditAction, Outcome, Subject
from apps.audit.services.record import NO_TARGET
from apps.core.bulk_rows import insert_rows
from apps.core.ids import RANDOM_BITS, uuid7_with
from apps.core.origin import SYSTEM_ORIGIN, Origin

COLUMNS = (
    "id",
    "occurred_at",
    "action",
    "outcome",
    "actor_kind",
    "actor_id",
    "target_kind",
    "target_id",
    "client_id",
    "session_id",
    "request_id",
    "details",
    "personal",
    "salt",
    "commitment",
)


class PastEvent(NamedTuple):
    """What `record_event` is called with."""

    at: datetime
    action: AuditAction
    outcome: Outcome = Outcome.SUCCESS
    actor: Subject = SYSTEM
    target: Subject = NO_TARGET
    origin: Origin = SYSTEM_ORIGIN
    client_id: str = ""
    session_id: str = ""
    details: Mapping[str, Json] | None = None
    before: Mapping[str, Json] | None = None
    after: Mapping[str, Json] | None = None


def write_past_events(events: Iterable[PastEvent], *, random: Random) -> int:
    """How many there were. Ids and salts come from `random`, so that the same history is the same to the byte.

    Precondition: texts are clean and no longer than their columns; all of it fits into memory.
    """
    with transaction.atomic():
        return insert_rows(AuditEvent, COLUMNS, (_row(event, random) for event in sorted(events, key=_at)))


def _at(event: PastEvent) -> datetime:
    return event.at


def _row(event: PastEvent, random: Random) -> tuple[Any, ...]:
    at, action, outcome, actor, target, origin, client_id, session_id, details, before, after = event
    personal = personal_values(actor=actor, target=target, origin=origin, before=before, after=after)
    salt = random.randbytes(SALT_BYTES)
    return (
        uuid7_with(at, random.getrandbits(RANDOM_BITS)),
        at,
        action.value,
        outcome.value,
        actor.kind,
        actor.id,
        target.kind,
        target.id,
        client_id,
        session_id,
        origin.request_id,
        storable(details or {}),
        personal,
        salt,
        personal_commitment(salt=salt, personal=personal),
    )


def open_past_months(*, first: datetime, last: datetime) -> int:
    """Makes the missing partitions from one moment to the other, and gives their number."""
    if connection.vendor != "postgresql":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions(%s, %s)", [first.date(), last.date()])
        (made,) = cursor.fetchone()
    return int(made)
