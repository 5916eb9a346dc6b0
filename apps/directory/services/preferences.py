"""What people say about themselves: the language and the time zone that pages and mails speak to them in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import User
from apps.directory.selectors import subject_of


@dataclass(frozen=True)
class Preferences:
    locale: str
    time_zone: str


class PreferenceChange(Enum):
    MADE = "made"
    NOTHING_TO_CHANGE = "nothing to change"
    OVERTAKEN = "somebody changed them since the page was opened"


@transaction.atomic
def change_preferences(
    *, user: User, opened: Preferences, wanted: Preferences, origin: Origin, now: datetime
) -> PreferenceChange:
    """`opened`: what the person saw when they began. What they would overwrite unseen stays."""
    before, after = asdict(opened), asdict(wanted)
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return PreferenceChange.NOTHING_TO_CHANGE
    if not User.objects.filter(pk=user.pk, **before).update(**after, updated_at=now):
        return PreferenceChange.OVERTAKEN
    record_event(
        action=DirectoryAction.USER_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return PreferenceChange.MADE
