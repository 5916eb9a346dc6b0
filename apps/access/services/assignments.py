"""Giving roles."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.access.events import AccessAction
from apps.access.models import Assignment, Role
from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin

if TYPE_CHECKING:
    from apps.directory.models import User


@transaction.atomic
def assign_role(
    *,
    role: Role,
    user: User,
    reason: str,
    actor: Subject,
    origin: Origin,
    now: datetime,
    valid_until: datetime | None = None,
) -> Assignment:
    assignment = Assignment.objects.create(
        role=role, user=user, reason=reason, valid_from=now, valid_until=valid_until, created_at=now
    )
    record_event(
        action=AccessAction.ASSIGNMENT_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=Subject(kind="assignment", id=str(assignment.pk), label=f"{role.name} to {user.username}"),
        after={
            "role": str(role.pk),
            "user": str(user.pk),
            "valid_from": now.isoformat(),
            "valid_until": valid_until.isoformat() if valid_until else None,
            "reason": reason,
        },
    )
    return assignment
