"""A person sets their password with a one-time link."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import subject_of
from apps.directory.selectors.links import PASSWORD_PURPOSES, counts
from apps.directory.services.people import replace_password

UNLOCKED = {"locked_until": None, "failed_sign_ins": 0, "first_failed_at": None}
ACTIONS = {
    OneTimeLink.Purpose.RESET: DirectoryAction.USER_PASSWORD_RESET,
    OneTimeLink.Purpose.INVITATION: DirectoryAction.USER_ACTIVATED,
    OneTimeLink.Purpose.ADMINISTRATOR: DirectoryAction.USER_PASSWORD_RESET,
    OneTimeLink.Purpose.RECOVERY: DirectoryAction.USER_PASSWORD_RESET,
}


@dataclass(frozen=True)
class UsedLink:
    user: User
    purpose: OneTimeLink.Purpose


@transaction.atomic
def set_password_by_link(
    *, token_digest: str, password: str, origin: Origin, now: datetime
) -> UsedLink | None:
    """None when the link lets nobody in (any more). Whoever comes second with it is one of those.

    What arrived at a mailbox proves that the person reads it, and a lock on the account ends: guessing was not needed.

    Raises: PersonRefused when the password breaks the policy; the link stays as it was.
    """
    link = (
        OneTimeLink.objects.open(now=now)
        .filter(token_digest=token_digest, purpose__in=PASSWORD_PURPOSES)
        .first()
    )
    if link is None:
        return None
    if link.purpose == OneTimeLink.Purpose.ADMINISTRATOR:
        _wait_for_other_administrators()
    # First the person, then the link: so does whoever makes another link.
    user = User.objects.select_for_update().get(pk=link.user_id)
    if not counts(link, user, now=now):
        return None
    if not OneTimeLink.objects.open(now=now).filter(pk=link.pk).update(used_at=now):
        return None
    was_locked = user.is_locked(now=now)
    is_newly_verified = bool(link.address) and not user.is_email_verified
    replace_password(user, password, now=now)
    User.objects.filter(pk=user.pk).update(
        **UNLOCKED, is_email_verified=user.is_email_verified or is_newly_verified
    )
    user.refresh_from_db()
    purpose = OneTimeLink.Purpose(link.purpose)
    record_event(
        action=ACTIONS[purpose],
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        details={"link": purpose.value, "lock_lifted": was_locked, "email_verified": is_newly_verified},
    )
    return UsedLink(user, purpose)


def _wait_for_other_administrators() -> None:
    """Of several links to the first administrator's password only one is used: each sees whom the last one let in."""
    superusers = User.objects.select_for_update().filter(is_superuser=True).order_by("pk")
    list(superusers.values_list("pk", flat=True))
