"""Changing a person's record in somebody's name: what they may not change of it, and what nobody may."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.changes import Writing
from apps.directory.errors import FieldsClosed, PersonRefused
from apps.directory.models import User
from apps.directory.person_rules import (
    LAST_SUPERUSER,
    closed_fields,
    limits_power,
    may_change_attribute,
)
from apps.directory.selectors.attributes import PREFIX, attributes_in_use
from apps.directory.services.attributes import Given
from apps.directory.services.people import change_person
from apps.directory.services.superusers import leaves_no_superuser


@transaction.atomic
def change_person_as(
    *, person: User, changes: Mapping[str, Any], attributes: Given, by: Any, writing: Writing
) -> bool:
    """Whether anything was changed; attributes that are not named stay. The caller has read the locked row.

    Raises: FieldsClosed; PersonRefused, naming the first field that was not accepted.
    """
    changed = {name for name, value in changes.items() if getattr(person, name) != value}
    closed = changed.intersection(closed_fields(by, person)) | _closed_attributes(by, person, attributes)
    if closed:
        raise FieldsClosed(", ".join(sorted(closed)))
    if "locale" in changed and changes["locale"] not in {"", *dict(settings.LANGUAGES)}:
        raise PersonRefused(_("There are no pages in this language."), field="locale")
    losing = sorted(name for name in changed if limits_power(name, changes[name], now=writing.now))
    if losing and leaves_no_superuser(User.objects.filter(pk=person.pk), now=writing.now):
        raise PersonRefused(str(LAST_SUPERUSER), field=losing[0])
    return change_person(
        user=person,
        changes=changes,
        attributes=attributes,
        actor=writing.actor,
        origin=writing.origin,
        now=writing.now,
    )


def _closed_attributes(by: Any, person: User, given: Given) -> set[str]:
    if not given:
        return set()
    named = [one for one in attributes_in_use() if one.slug in given]
    return {PREFIX + one.slug for one in named if not may_change_attribute(by, person, one)}
