"""Changing what a group is called, and deleting one."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.audit.services.changes import Writing, snapshot
from apps.directory.errors import GroupInUse, GroupRefused
from apps.directory.events import DirectoryAction
from apps.directory.models import Group
from apps.directory.selectors.groups import group_subject
from apps.directory.services.group_nesting import let_go_of_nestings


@transaction.atomic
def change_group(*, group: Group, changes: Mapping[str, str], writing: Writing) -> bool:
    """Whether anything was changed. Raises: GroupRefused, naming the first field that was not accepted."""
    before = snapshot(group)
    for name, value in changes.items():
        setattr(group, name, value)
    try:
        group.full_clean()
        with transaction.atomic():
            group.save()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise GroupRefused("; ".join(messages), field="" if field == "__all__" else field) from error
    except IntegrityError as error:
        raise GroupRefused(_("There is already a group of this name."), field="name") from error
    return writing.record(DirectoryAction.GROUP_CHANGED, group, target=group_subject(group), before=before)


@transaction.atomic
def delete_group(*, group: Group, writing: Writing) -> None:
    """One that nobody belongs to and that holds no role: what people would lose is ended first, event by event.

    Raises: GroupInUse.
    """
    related = ("group_memberships", "assignments")
    if any(getattr(group, name).exists() for name in related):
        raise GroupInUse
    before, subject = snapshot(group), group_subject(group)
    let_go_of_nestings(group_id=group.pk)
    group.delete()
    writing.record_gone(DirectoryAction.GROUP_DELETED, target=subject, before=before)
