"""Putting groups into groups, and what follows from it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import GroupRefused
from apps.directory.events import DirectoryAction
from apps.directory.group_reach import add_ways, lock_nestings, take_ways, take_ways_through
from apps.directory.models import DEEPEST, Group, GroupNesting, GroupReach
from apps.directory.selectors.groups import group_subject, lies_within


@transaction.atomic
def nest_group(*, parent: Group, child: Group, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the group was not in the other yet, and this call put it there.

    Raises: GroupRefused, when it would lie in itself or the nesting became too deep.
    """
    lock_nestings()
    if GroupNesting.objects.filter(parent=parent, child=child).exists():
        return False
    refusal = why_not_nested(parent=parent, child=child)
    if refusal:
        raise GroupRefused(refusal, field="child")
    GroupNesting.objects.create(parent=parent, child=child, created_at=now)
    add_ways(parent_id=parent.pk, child_id=child.pk)
    _record(DirectoryAction.GROUP_GROUP_ADDED, parent, child, actor=actor, origin=origin, now=now)
    return True


@transaction.atomic
def unnest_group(*, parent: Group, child: Group, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the group was in the other, and this call took it out."""
    lock_nestings()
    gone, _rows = GroupNesting.objects.filter(parent=parent, child=child).delete()
    if not gone:
        return False
    take_ways(parent_id=parent.pk, child_id=child.pk)
    _record(DirectoryAction.GROUP_GROUP_REMOVED, parent, child, actor=actor, origin=origin, now=now)
    return True


def why_not_nested(*, parent: Group, child: Group) -> str:
    """The reason why the one must not be put into the other; empty when it may."""
    if parent == child:
        return _("A group cannot be in itself.")
    if lies_within(inner_id=parent.pk, outer_id=child.pk):
        return _("%(parent)s lies in %(child)s, itself or through other groups: that would be a circle.") % {
            "parent": parent,
            "child": child,
        }
    if _ways_up(parent.pk) + 1 + _ways_down(child.pk) > DEEPEST:
        return _("Groups can be nested %(count)d levels deep and no deeper.") % {"count": DEEPEST}
    return ""


def _ways_up(group_id: UUID) -> int:
    longest = GroupReach.objects.filter(descendant_id=group_id).aggregate(longest=Max("distance"))["longest"]
    return longest or 0


def _ways_down(group_id: UUID) -> int:
    longest = GroupReach.objects.filter(ancestor_id=group_id).aggregate(longest=Max("distance"))["longest"]
    return longest or 0


def let_go_of_nestings(*, group_id: UUID) -> None:
    """Before the group is deleted, in the same transaction: what lay in it lies no more in what it lay in."""
    lock_nestings()
    take_ways_through(group_id=group_id)
    GroupReach.objects.filter(Q(ancestor_id=group_id) | Q(descendant_id=group_id)).delete()


def _record(
    action: DirectoryAction, parent: Group, child: Group, *, actor: Subject, origin: Origin, now: datetime
) -> None:
    both = {"parent": str(parent.pk), "child": str(child.pk)}
    added = action == DirectoryAction.GROUP_GROUP_ADDED
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=group_subject(parent),
        details={"child": str(child.pk)},
        before=None if added else both,
        after=both if added else None,
    )
