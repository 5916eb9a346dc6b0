"""A row and the event that says what became of it, in one transaction: for services that change what people edit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import Model

from apps.audit.admin_snapshot import Values, difference, masked, secret_fields, snapshot, stored_snapshot
from apps.audit.canonical import Json
from apps.audit.ports import AuditAction, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin

__all__ = ["Values", "Writing", "snapshot", "stored_snapshot"]


@dataclass(frozen=True)
class Writing:
    """In whose name rows are written. Each method is called inside a transaction."""

    actor: Subject
    origin: Origin
    now: datetime

    @classmethod
    def of(cls, call: Any) -> Self:
        """Of a call of the API, while its view answers it."""
        return cls(actor=call.caller.actor, origin=call.origin, now=call.now)

    def record(
        self,
        action: AuditAction,
        obj: Model,
        *,
        target: Subject,
        before: Values | None,
        secrets: Collection[str] = (),
        client_id: str = "",
        details: Mapping[str, Json] | None = None,
    ) -> bool:
        """One event of what the row holds now, or none when it holds what it held. `before` is None for a new row."""
        hidden = secret_fields(type(obj)) | set(secrets)
        after = stored_snapshot(obj)
        if before is not None:
            before, after = difference(before, after)
            if not after:
                return False
        record_event(
            action=action,
            outcome=Outcome.SUCCESS,
            actor=self.actor,
            origin=self.origin,
            now=self.now,
            target=target,
            client_id=client_id,
            details=details,
            before=None if before is None else masked(before, hidden),
            after=masked(after, hidden),
        )
        return True

    def record_gone(
        self,
        action: AuditAction,
        *,
        target: Subject,
        before: Values,
        secrets: Collection[str] = (),
        client_id: str = "",
        details: Mapping[str, Json] | None = None,
    ) -> None:
        """The event of a row that was deleted in the same transaction. `secrets`: what no event keeps."""
        record_event(
            action=action,
            outcome=Outcome.SUCCESS,
            actor=self.actor,
            origin=self.origin,
            now=self.now,
            target=target,
            client_id=client_id,
            details=details,
            before=masked(before, secrets),
        )
