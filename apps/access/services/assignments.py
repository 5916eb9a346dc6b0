"""Giving roles, and ending that they are held."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

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
        details={"role": str(role.pk), "user": str(user.pk)},
        after={
            "role": str(role.pk),
            "user": str(user.pk),
            "valid_from": now.isoformat(),
            "valid_until": valid_until.isoformat() if valid_until else None,
            "reason": reason,
        },
    )
    return assignment


@transaction.atomic
def end_assignment(
    *, assignment: Assignment, reason: str, actor: Subject, origin: Origin, now: datetime
) -> bool:
    """Whether it was in force and this call ended it. It stays on record; one that has not begun is left alone."""
    ended = Assignment.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), pk=assignment.pk, valid_from__lt=now
    ).update(valid_until=now)
    if ended:
        before = assignment.valid_until
        holder = (
            {"user": str(assignment.user_id)} if assignment.user_id else {"group": str(assignment.group_id)}
        )
        record_event(
            action=AccessAction.ASSIGNMENT_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=Subject(kind="assignment", id=str(assignment.pk), label=str(assignment)),
            details={"role": str(assignment.role_id), **holder},
            before={"valid_until": before.isoformat() if before else None},
            after={"valid_until": now.isoformat(), "ended_because": reason},
        )
    return bool(ended)
