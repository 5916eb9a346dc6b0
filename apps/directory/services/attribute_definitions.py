"""Defining attributes in somebody's name, by the rules that keep what people have of them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.audit.services.changes import Writing, snapshot
from apps.core.saving import save_valid
from apps.directory.errors import AttributeInUse
from apps.directory.events import DirectoryAction
from apps.directory.models import Attribute
from apps.directory.selectors.attributes import attribute_subject
from apps.directory.services.attributes import check_change, lock_definition, why_not_deleted


@transaction.atomic
def create_attribute(*, details: Mapping[str, Any], writing: Writing) -> Attribute:
    """Raises: ValidationError naming the fields that were not accepted."""
    attribute = Attribute(**details, created_at=writing.now)
    save_valid(attribute, is_new=True)
    writing.record(
        DirectoryAction.ATTRIBUTE_CREATED, attribute, target=attribute_subject(attribute), before=None
    )
    return attribute


@transaction.atomic
def change_attribute(*, attribute: Attribute, changes: Mapping[str, Any], writing: Writing) -> bool:
    """Whether anything was changed. Raises: ValidationError naming the fields that were not accepted."""
    stored = lock_definition(attribute)
    before = snapshot(stored)
    for name, value in changes.items():
        setattr(attribute, name, value)
    check_change(stored=stored, wanted=attribute)
    save_valid(attribute)
    return writing.record(
        DirectoryAction.ATTRIBUTE_CHANGED, attribute, target=attribute_subject(attribute), before=before
    )


@transaction.atomic
def delete_attribute(*, attribute: Attribute, writing: Writing) -> None:
    """Raises: AttributeInUse, while people have values of it."""
    stored = lock_definition(attribute)
    refusal = why_not_deleted(stored)
    if refusal:
        raise AttributeInUse(refusal)
    before, subject = snapshot(stored), attribute_subject(stored)
    stored.delete()
    writing.record_gone(DirectoryAction.ATTRIBUTE_DELETED, target=subject, before=before)
