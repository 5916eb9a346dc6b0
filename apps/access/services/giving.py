"""Giving a role in somebody's name, changing for how long, and taking it away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.access.errors import NotYoursToGive
from apps.access.events import AccessAction
from apps.access.models import Assignment, Role
from apps.access.powers import gives_to_self, may_change_role, may_give_role, powers_of_roles
from apps.audit.ports import Subject
from apps.audit.services.changes import Values, Writing, snapshot
from apps.core.saving import save_valid
from apps.directory.services.belonging import hold_belonging

if TYPE_CHECKING:
    from apps.directory.models import Group, User


@dataclass(frozen=True)
class NewAssignment:
    """To a person or to a group."""

    role: Role
    reason: str
    valid_from: datetime
    valid_until: datetime | None = None
    user: User | None = None
    group: Group | None = None


@transaction.atomic
def give_role_as(
    *, given: NewAssignment, by: Any, carried: Collection[str] | None, writing: Writing
) -> Assignment:
    """`carried`: rights beyond which the role must not go, when it is given with a token that has not all of them.

    Raises: NotYoursToGive; ValidationError naming the fields that were not accepted.
    """
    _refuse(given.role, given.user or given.group, by, carried)
    assignment = Assignment(**vars(given), created_at=writing.now)
    save_valid(assignment, is_new=True)
    writing.record(
        AccessAction.ASSIGNMENT_CREATED,
        assignment,
        target=_subject(assignment),
        before=None,
        details=_details(assignment),
    )
    return assignment


@transaction.atomic
def change_assignment_as(
    *,
    assignment: Assignment,
    changes: Mapping[str, Any],
    by: Any,
    carried: Collection[str] | None,
    writing: Writing,
) -> bool:
    """Whether anything was changed. To have it last longer is to give it, and takes the same.

    Raises: NotYoursToGive; ValidationError naming the fields that were not accepted.
    """
    _refuse(assignment.role, assignment.user or assignment.group, by, carried)
    before = snapshot(assignment)
    for name, value in changes.items():
        setattr(assignment, name, value)
    save_valid(assignment)
    return writing.record(
        AccessAction.ASSIGNMENT_CHANGED,
        assignment,
        target=_subject(assignment),
        before=before,
        details=_details(assignment),
    )


@transaction.atomic
def delete_assignment(*, assignment: Assignment, writing: Writing) -> None:
    """That it was given stays in the log only."""
    before, subject, details = snapshot(assignment), _subject(assignment), _details(assignment)
    assignment.delete()
    writing.record_gone(AccessAction.ASSIGNMENT_DELETED, target=subject, before=before, details=details)


def _refuse(role: Role, holder: User | Group | None, by: Any, carried: Collection[str] | None) -> None:
    hold_belonging()
    if (
        gives_to_self(by, holder)
        or not (may_change_role(by, role) and may_give_role(by, role))
        or (carried is not None and not powers_of_roles([role.pk]) <= set(carried))
    ):
        raise NotYoursToGive


def _subject(assignment: Assignment) -> Subject:
    return Subject(kind="assignment", id=str(assignment.pk), label=str(assignment))


def _details(assignment: Assignment) -> Values:
    holder = {"user": str(assignment.user_id)} if assignment.user_id else {"group": str(assignment.group_id)}
    return {"role": str(assignment.role_id), **holder}
