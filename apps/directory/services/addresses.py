"""A person's own e-mail address: shown to be theirs, changed, and put back, each with a link from a mailbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import subject_of
from apps.directory.selectors.links import ADDRESS_PURPOSES, Purpose, counts, others_who_sign_in_with
from apps.directory.services.one_time_links import end_links


class AddressOutcome(StrEnum):
    VERIFIED = "verified"
    CHANGED = "changed"
    RESTORED = "restored"
    KEPT = "kept"
    """There was no change yet, and there will be none."""
    TAKEN = "taken"
    """Somebody else signs in with the address by now."""


@dataclass(frozen=True)
class UsedAddressLink:
    """`was_verified`: whether the address that was left was known to be the person's."""

    user: User
    purpose: Purpose
    outcome: AddressOutcome
    former: str
    was_verified: bool


@transaction.atomic
def use_address_link(*, token_digest: str, origin: Origin, now: datetime) -> UsedAddressLink | None:
    """None when the link means nothing (any more). Whoever comes second with it is one of those."""
    links = OneTimeLink.objects.open(now=now).filter(purpose__in=ADDRESS_PURPOSES)
    link = links.filter(token_digest=token_digest).first()
    if link is None:
        return None
    # First the person, then the link: so does whoever makes another link.
    user = User.objects.select_for_update().get(pk=link.user_id)
    if not counts(link, user, now=now):
        return None
    if not links.filter(pk=link.pk).update(used_at=now):
        return None
    purpose = Purpose(link.purpose)
    former, was_verified = user.email, user.is_email_verified
    outcome = USES[purpose](link, user, origin, now)
    if outcome is None:
        return None
    user.refresh_from_db()
    return UsedAddressLink(user, purpose, outcome, former, was_verified)


def _verify(link: OneTimeLink, user: User, origin: Origin, now: datetime) -> AddressOutcome | None:
    as_it_was = User.objects.filter(pk=user.pk, email=link.address)
    if as_it_was.filter(is_email_verified=False).update(is_email_verified=True, updated_at=now):
        _record(
            DirectoryAction.USER_EMAIL_VERIFIED,
            user,
            origin=origin,
            now=now,
            before={"is_email_verified": False},
            after={"is_email_verified": True},
        )
        return AddressOutcome.VERIFIED
    return AddressOutcome.VERIFIED if as_it_was.exists() else None


def _change(link: OneTimeLink, user: User, origin: Origin, now: datetime) -> AddressOutcome | None:
    if not _is_free(link.address, user):
        return _refuse(DirectoryAction.USER_EMAIL_CHANGED, user, origin=origin, now=now)
    try:
        with transaction.atomic():
            is_changed = User.objects.filter(pk=user.pk, email=link.other_address).update(
                email=link.address, is_email_verified=True, updated_at=now
            )
    except IntegrityError:
        return _refuse(DirectoryAction.USER_EMAIL_CHANGED, user, origin=origin, now=now)
    if not is_changed:
        return None
    _lead_objections_back_from(user, former=link.other_address, present=link.address)
    _record_address(DirectoryAction.USER_EMAIL_CHANGED, user, link.address, origin=origin, now=now)
    return AddressOutcome.CHANGED


def _object(link: OneTimeLink, user: User, origin: Origin, now: datetime) -> AddressOutcome | None:
    """Whatever the person had open ends, and so do the later links: the older mailbox is believed."""
    end_links(user=user, purposes=(Purpose.ADDRESS_CHANGE, Purpose.ADDRESS_VERIFICATION), now=now)
    OneTimeLink.objects.open(now=now).filter(
        user=user, purpose=Purpose.ADDRESS_OBJECTION, created_at__gte=link.created_at
    ).update(ended_at=now)
    own = User.objects.filter(pk=user.pk, email=user.email)
    if user.email == link.address:
        if not own.update(sign_ins_valid_since=now, updated_at=now):
            return None
        _record(DirectoryAction.USER_EMAIL_OBJECTED, user, origin=origin, now=now)
        return AddressOutcome.KEPT
    if not _is_free(link.address, user):
        own.update(sign_ins_valid_since=now, updated_at=now)
        return _refuse(DirectoryAction.USER_EMAIL_OBJECTED, user, origin=origin, now=now)
    try:
        with transaction.atomic():
            is_changed = own.update(
                email=link.address, is_email_verified=True, sign_ins_valid_since=now, updated_at=now
            )
    except IntegrityError:
        own.update(sign_ins_valid_since=now, updated_at=now)
        return _refuse(DirectoryAction.USER_EMAIL_OBJECTED, user, origin=origin, now=now)
    if not is_changed:
        return None
    _lead_objections_back_from(user, former=user.email, present=link.address)
    _record_address(DirectoryAction.USER_EMAIL_OBJECTED, user, link.address, origin=origin, now=now)
    return AddressOutcome.RESTORED


USES: Mapping[Purpose, Callable[[OneTimeLink, User, Origin, datetime], AddressOutcome | None]] = {
    Purpose.ADDRESS_VERIFICATION: _verify,
    Purpose.ADDRESS_CHANGE: _change,
    Purpose.ADDRESS_OBJECTION: _object,
}


def _is_free(address: str, user: User) -> bool:
    return not others_who_sign_in_with(address, but=user.pk).exists()


def _lead_objections_back_from(user: User, *, former: str, present: str) -> None:
    """Earlier objections still lead back: from the address that the person has now. One that an administrator
    entered since is another, and ends them."""
    leading_here = Q(other_address=former) | Q(address=former)
    OneTimeLink.objects.filter(
        leading_here,
        user=user,
        purpose=Purpose.ADDRESS_OBJECTION,
        used_at__isnull=True,
        ended_at__isnull=True,
    ).update(other_address=present)


def _refuse(action: DirectoryAction, user: User, *, origin: Origin, now: datetime) -> AddressOutcome:
    record_event(
        action=action,
        outcome=Outcome.REFUSED,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        details={"reason": "address_taken"},
    )
    return AddressOutcome.TAKEN


def _record_address(
    action: DirectoryAction, user: User, address: str, *, origin: Origin, now: datetime
) -> None:
    _record(
        action,
        user,
        origin=origin,
        now=now,
        before={"email": user.email, "is_email_verified": user.is_email_verified},
        after={"email": address, "is_email_verified": True},
    )


def _record(
    action: DirectoryAction,
    user: User,
    *,
    origin: Origin,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        before=before,
        after=after,
    )
