"""Making, judging and clearing away one-time links."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.batches import delete_in_batches
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.link_tokens import digest_of, new_token
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import subject_of

OLD_LINKS_ARE_KEPT = timedelta(days=30)


@transaction.atomic
def make_link(
    *,
    user: User,
    purpose: OneTimeLink.Purpose,
    address: str,
    lifetime: timedelta,
    now: datetime,
    other_address: str = "",
) -> str:
    """What to put into the link. It ends the person's former link of this purpose, unless it is an objection."""
    # One after the other: two at once would both find none to end.
    User.objects.select_for_update().get(pk=user.pk)
    if purpose != OneTimeLink.Purpose.ADDRESS_OBJECTION:
        end_links(user=user, purposes=(purpose,), now=now)
    token = new_token()
    OneTimeLink.objects.create(
        user=user,
        purpose=purpose,
        token_digest=digest_of(token),
        address=address,
        other_address=other_address,
        created_at=now,
        expires_at=now + lifetime,
    )
    return token


def end_links(*, user: User, purposes: tuple[OneTimeLink.Purpose, ...], now: datetime) -> int:
    return OneTimeLink.objects.filter(
        user=user, purpose__in=purposes, used_at__isnull=True, ended_at__isnull=True
    ).update(ended_at=now)


@transaction.atomic
def end_link(*, link: OneTimeLink, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether this call was the one that ended it."""
    if not OneTimeLink.objects.open(now=now).filter(pk=link.pk).update(ended_at=now):
        return False
    record_event(
        action=DirectoryAction.LINK_ENDED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(link.user),
        details={"link": link.purpose},
    )
    return True


def remove_old_links(*, now: datetime) -> int:
    return delete_in_batches(OneTimeLink.objects.filter(expires_at__lte=now - OLD_LINKS_ARE_KEPT))
