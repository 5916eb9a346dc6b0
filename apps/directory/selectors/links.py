"""Questions about one-time links."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower

from apps.directory.link_tokens import digest_of as digest_of
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import able_administrators

Purpose = OneTimeLink.Purpose
ADMINISTRATOR_PURPOSES = (Purpose.ADMINISTRATOR, Purpose.RECOVERY)
PASSWORD_PURPOSES = (Purpose.RESET, Purpose.INVITATION, *ADMINISTRATOR_PURPOSES)
ADDRESS_PURPOSES = (Purpose.ADDRESS_VERIFICATION, Purpose.ADDRESS_CHANGE, Purpose.ADDRESS_OBJECTION)


def link_of(
    token_digest: str, *, now: datetime, purposes: Collection[Purpose] = PASSWORD_PURPOSES
) -> OneTimeLink | None:
    """The link with its person, if it is for one of these and would do it now. Nothing is consumed by asking."""
    links = OneTimeLink.objects.open(now=now).filter(token_digest=token_digest, purpose__in=purposes)
    link = links.select_related("user").first()
    return link if link is not None and counts(link, link.user, now=now) else None


def was_made(token_digest: str) -> bool:
    """Whether there is, or was of late, such a link at all."""
    return OneTimeLink.objects.filter(token_digest=token_digest).exists()


def counts(link: OneTimeLink, user: User, *, now: datetime) -> bool:
    """Whether a link that is open still means what it did: its person and their mailbox are what they were."""
    if link.purpose in ADDRESS_PURPOSES:
        return _address_counts(link, user, now=now)
    if link.address and link.address.casefold() != user.email.casefold():
        return False
    if link.purpose == Purpose.INVITATION:
        return may_be_invited(user, now=now)
    if link.purpose == Purpose.ADMINISTRATOR and able_administrators(now=now).exclude(pk=user.pk).exists():
        # It was for the first one, who is there by now.
        return False
    return user.may_sign_in(now=now) and user.sign_in_counts(link.created_at)


def _address_counts(link: OneTimeLink, user: User, *, now: datetime) -> bool:
    """An address that somebody else entered meanwhile is none of those that the link knows."""
    if link.purpose == Purpose.ADDRESS_CHANGE:
        is_theirs = user.may_sign_in(now=now) and user.sign_in_counts(link.created_at)
        return is_theirs and user.email == link.other_address
    if user.status != User.Status.ACTIVE:
        return False
    if link.purpose == Purpose.ADDRESS_OBJECTION:
        return user.email in {link.address, link.other_address}
    return user.email == link.address


def others_who_sign_in_with(address: str, *, but: UUID) -> QuerySet[User]:
    """Everybody else of whom it is the address, verified or not, or the user name."""
    typed = Lower(Value(address))
    others = User.objects.exclude(pk=but).alias(lower_username=Lower("username"), lower_email=Lower("email"))
    return others.filter(Q(lower_username=typed) | (Q(lower_email=typed) & ~Q(email="")))


def awaited_address(*, user_id: UUID, now: datetime) -> str:
    """The new address that the person has yet to confirm, if any; whoever else may have it."""
    links = OneTimeLink.objects.open(now=now).filter(user_id=user_id, purpose=Purpose.ADDRESS_CHANGE)
    # One that no longer counts awaits nothing.
    links = links.filter(user__email=F("other_address"))
    return links.values_list("address", flat=True).first() or ""


def may_be_invited(user: User, *, now: datetime) -> bool:
    """Somebody who has no password yet, also before their first day."""
    has_left = user.ends_on is not None and user.ends_on < now.date()
    return user.status == User.Status.ACTIVE and not has_left and not user.has_usable_password()


def may_reset_password(user: User | None, *, now: datetime) -> bool:
    """Somebody who can sign in with a password of ours and reads the mailbox it says."""
    return (
        user is not None
        and user.may_sign_in(now=now)
        and user.is_email_verified
        and bool(user.email)
        and user.has_usable_password()
    )


def with_invitation(people: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
    """Each with `invited_until`: when the link of their invitation ends; None without one that is open."""
    # At most one is open per person and purpose, which its unique index finds.
    invitations = OneTimeLink.objects.open(now=now).filter(user=OuterRef("pk"), purpose=Purpose.INVITATION)
    marked: QuerySet[Any] = people.annotate(invited_until=Subquery(invitations.values("expires_at")[:1]))
    return marked
