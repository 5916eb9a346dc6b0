"""Writing an event, in the transaction of what it records."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from apps.audit.canonical import Json, clean_text, personal_commitment, storable
from apps.audit.constants import ID_LENGTH, KIND_LENGTH, REQUEST_ID_LENGTH, SALT_BYTES
from apps.audit.errors import RecordedOutsideTransaction
from apps.audit.event_values import personal_values
from apps.audit.models import AuditEvent
from apps.audit.ports import AuditAction, Outcome, Subject
from apps.core.ids import uuid7
from apps.core.origin import Origin

NO_TARGET = Subject(kind="", id="")


def record_event(
    *,
    action: AuditAction,
    outcome: Outcome,
    actor: Subject,
    origin: Origin,
    now: datetime,
    target: Subject | None = None,
    client_id: str = "",
    session_id: str = "",
    details: Mapping[str, Json] | None = None,
    before: Mapping[str, Json] | None = None,
    after: Mapping[str, Json] | None = None,
) -> AuditEvent:
    """Writes one event.

    `details` are never erased: reason codes, scopes, grant types, nothing personal. Labels, address, user
    agent, `before` and `after` are personal. Hostile text is cleaned and clipped rather than refused. Secrets
    are the caller's to leave out.

    Raises: RecordedOutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise RecordedOutsideTransaction(f"{action} must be recorded inside transaction.atomic()")
    target = target or NO_TARGET
    personal = personal_values(actor=actor, target=target, origin=origin, before=before, after=after)
    salt = secrets.token_bytes(SALT_BYTES)
    event = AuditEvent(
        id=uuid7(now),
        occurred_at=now,
        action=action.value,
        outcome=outcome.value,
        actor_kind=clean_text(actor.kind, limit=KIND_LENGTH),
        actor_id=clean_text(actor.id, limit=ID_LENGTH),
        target_kind=clean_text(target.kind, limit=KIND_LENGTH),
        target_id=clean_text(target.id, limit=ID_LENGTH),
        client_id=clean_text(client_id or origin.client_id, limit=ID_LENGTH),
        session_id=clean_text(session_id or origin.session_id, limit=ID_LENGTH),
        request_id=clean_text(origin.request_id, limit=REQUEST_ID_LENGTH),
        details=storable(details or {}),
        personal=personal,
        salt=salt,
        commitment=personal_commitment(salt=salt, personal=personal),
    )
    event.save(force_insert=True)
    return event
