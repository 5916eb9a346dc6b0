"""Making groups, and putting people into them and out of them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import GroupRefused
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, Membership, User
from apps.directory.selectors.groups import group_subject


@transaction.atomic
def create_group(*, name: str, description: str, actor: Subject, origin: Origin, now: datetime) -> Group:
    """Raises: GroupRefused, naming the first field that was not accepted."""
    group = Group(name=name, description=description, created_at=now)
    try:
        group.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise GroupRefused("; ".join(messages), field="" if field == "__all__" else field) from error
    group.save(force_insert=True)
    record_event(
        action=DirectoryAction.GROUP_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=group_subject(group),
        after={"name": group.name, "description": group.description},
    )
    return group


@transaction.atomic
def add_member(*, group: Group, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the person had no membership of their own yet, and this call gave them one."""
    _membership, added = Membership.objects.get_or_create(
        user=user, group=group, defaults={"created_at": now}
    )
    if added:
        _record(DirectoryAction.GROUP_MEMBER_ADDED, group, user, actor=actor, origin=origin, now=now)
    return added


@transaction.atomic
def remove_member(*, group: Group, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the person had a membership of their own, and this call ended it."""
    removed, _rows = Membership.objects.filter(user=user, group=group).delete()
    if removed:
        _record(DirectoryAction.GROUP_MEMBER_REMOVED, group, user, actor=actor, origin=origin, now=now)
    return bool(removed)


def _record(
    action: DirectoryAction, group: Group, user: User, *, actor: Subject, origin: Origin, now: datetime
) -> None:
    both = {"user": str(user.pk), "group": str(group.pk)}
    added = action == DirectoryAction.GROUP_MEMBER_ADDED
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=group_subject(group),
        details={"user": str(user.pk)},
        before=None if added else both,
        after=both if added else None,
    )
