"""People change what they may say of themselves: attributes whose definition lets them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import AttributeRefused
from apps.directory.events import DirectoryAction
from apps.directory.models import User
from apps.directory.selectors import subject_of
from apps.directory.selectors.attributes import OwnAttribute, own_attributes
from apps.directory.services.attributes import Given, replace_values, why_not_values


class OwnChange(Enum):
    MADE = "made"
    NOTHING_TO_CHANGE = "nothing to change"
    OVERTAKEN = "somebody changed values or definitions since the page was opened"
    REFUSED = "refused"


@dataclass(frozen=True)
class OwnOutcome:
    change: OwnChange
    # By the attribute's name, why what was typed is none of its values.
    problems: Mapping[str, str] = field(default_factory=dict)


def as_opened(attributes: Sequence[OwnAttribute]) -> str:
    """What a page showed of those that can be changed, so that nothing is overwritten unseen."""
    shown = [[one.definition.slug, *one.typed] for one in attributes if one.is_editable]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def change_own_attributes(
    *, user: User, opened: str, given: Given, origin: Origin, now: datetime
) -> OwnOutcome:
    """`opened` is of the page that was filled in. All of it is saved or nothing."""
    try:
        return _change(user, opened, given, origin=origin, now=now)
    except AttributeRefused as refusal:
        return OwnOutcome(OwnChange.REFUSED, {refusal.field: refusal.detail})


@transaction.atomic
def _change(user: User, opened: str, given: Given, *, origin: Origin, now: datetime) -> OwnOutcome:
    list(User.objects.select_for_update().filter(pk=user.pk).values_list("pk"))
    attributes = own_attributes(user=user)
    if as_opened(attributes) != opened:
        return OwnOutcome(OwnChange.OVERTAKEN)
    editable = [one for one in attributes if one.is_editable]
    wanted = {
        one.definition.slug: given[one.definition.slug]
        for one in editable
        if one.definition.slug in given and list(given[one.definition.slug]) != one.typed
    }
    problems = {
        one.definition.slug: why
        for one in editable
        if one.definition.slug in wanted
        and (
            why := why_not_values(
                attribute=one.definition, typed=wanted[one.definition.slug], stored=one.values
            )
        )
    }
    if problems:
        return OwnOutcome(OwnChange.REFUSED, problems)
    replaced = replace_values(user=user, given=wanted)
    if not replaced.after:
        return OwnOutcome(OwnChange.NOTHING_TO_CHANGE)
    User.objects.filter(pk=user.pk).update(updated_at=now)
    record_event(
        action=DirectoryAction.USER_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        before=replaced.before,
        after=replaced.after,
    )
    return OwnOutcome(OwnChange.MADE)
