"""Roles in somebody's name: nobody makes one that carries what they lack, or has one give more to themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.access.errors import NotYoursToGive, RoleInUse
from apps.access.events import AccessAction
from apps.access.models import Role
from apps.access.role_rules import why_not_carried, why_not_gained
from apps.audit.ports import Subject
from apps.audit.services.changes import Writing, snapshot
from apps.core.saving import save_valid
from apps.directory.services.belonging import hold_belonging

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

    from apps.access.models import Application


@dataclass(frozen=True)
class NewRole:
    name: str
    slug: str
    description: str = ""
    application: Application | None = None


@transaction.atomic
def create_role_as(
    *, details: NewRole, rights: Collection[Permission], by: Any, carried: Collection[str], writing: Writing
) -> Role:
    """`carried`: rights of the token that it is made with; the role carries none beyond them.

    Raises: NotYoursToGive; ValidationError naming the fields that were not accepted.
    """
    _refuse_beyond(rights, by, carried)
    role = Role(**vars(details), created_at=writing.now)
    save_valid(role, is_new=True)
    role.admin_permissions.set(rights)
    writing.record(AccessAction.ROLE_CREATED, role, target=_subject(role), before=None)
    return role


@transaction.atomic
def change_role_as(
    *,
    role: Role,
    changes: Mapping[str, Any],
    rights: Collection[Permission] | None,
    by: Any,
    carried: Collection[str],
    writing: Writing,
) -> bool:
    """Whether anything was changed. `rights` are all that it is to carry, or None to leave them as they are.

    Raises: NotYoursToGive; ValidationError naming the fields that were not accepted.
    """
    before, held = snapshot(role), set(role.admin_permissions.select_related("content_type"))
    changed = {name for name, value in changes.items() if getattr(role, name) != value}
    if rights is not None and set(rights) != held:
        _refuse_beyond(set(rights) - held, by, carried)
        changed.add("admin_permissions")
    hold_belonging()
    refusals = why_not_gained(
        by=by, role=role, changed=changed, application=changes.get("application", role.application)
    )
    if refusals:
        raise NotYoursToGive(str(next(iter(refusals.values()))))
    for name, value in changes.items():
        setattr(role, name, value)
    save_valid(role)
    if "admin_permissions" in changed:
        role.admin_permissions.set(rights or ())
    return writing.record(AccessAction.ROLE_CHANGED, role, target=_subject(role), before=before)


@transaction.atomic
def delete_role(*, role: Role, writing: Writing) -> None:
    """One that nobody was ever given, or whose assignments were deleted one by one: what people lose is on record.

    Raises: RoleInUse.
    """
    if role.assignments.exists():
        raise RoleInUse
    before, subject = snapshot(role), _subject(role)
    role.delete()
    writing.record_gone(AccessAction.ROLE_DELETED, target=subject, before=before)


def _refuse_beyond(rights: Iterable[Permission], by: Any, carried: Collection[str]) -> None:
    names = {f"{right.content_type.app_label}.{right.codename}" for right in rights}
    if why_not_carried(by=by, rights=names) or not names <= set(carried):
        raise NotYoursToGive


def _subject(role: Role) -> Subject:
    return Subject(kind="role", id=str(role.pk), label=str(role))
