"""One's own e-mail address: asking that it be confirmed, changing it, and what a link from a mailbox then does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.core.rate_limits import Standing, charge, rate_limit
from apps.directory.events import DirectoryAction
from apps.directory.selectors import subject_of
from apps.directory.selectors.links import Purpose, digest_of, may_reset_password
from apps.directory.services.addresses import AddressOutcome, UsedAddressLink, use_address_link
from apps.directory.services.one_time_links import make_link
from apps.mail.services.sending import send
from apps.signin.models import Session
from apps.signin.services.address_letters import (
    ADDRESS_CHANGED,
    CHANGE_ADDRESS,
    OBJECT_TO_CHANGE,
    VERIFY_ADDRESS,
)
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.password_sign_in import Credentials, check_credentials
from apps.signin.services.sso_sessions import end_session
from apps.signin.services.submissions import charge_submission
from apps.signin.services.throttles import forget_other_browsers

if TYPE_CHECKING:
    from apps.directory.models import User

VERIFICATIONS = rate_limit("address-verification")
CHANGES = rate_limit("address-change")
CHANGES_TO_ADDRESS = rate_limit("address-change-to")
RATE_LIMITED = "rate_limited"


@dataclass(frozen=True)
class NewAddress:
    present: str
    address: str
    browser_token: str


@dataclass(frozen=True)
class AddressRequest:
    """Neither `limited` nor a wrong password: then a mail is on its way, whoever may have the address already."""

    limited: Standing | None = None
    is_present_right: bool = True


def ask_to_verify(*, user: User, actor: Subject, origin: Origin, now: datetime) -> Standing | None:
    """The limit that was reached, or None: then a link goes to the person's address, if it needs one."""
    limited = charge(VERIFICATIONS, str(user.pk), now=now)
    if not limited.is_allowed:
        return limited
    with transaction.atomic():
        send_verification(user=user, actor=actor, origin=origin, now=now)
    return None


@transaction.atomic
def send_verification(*, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether a link goes to the person's address: not where it is verified, and not without a mail server."""
    if not user.email or user.is_email_verified:
        return False
    if not send(kind=VERIFY_ADDRESS, to=subject_of(user), actor=actor, now=now, once=True):
        return False
    _record(DirectoryAction.USER_EMAIL_VERIFICATION_SENT, user, actor=actor, origin=origin, now=now)
    return True


def request_address(
    *, current: SignedIn, wanted: NewAddress, origin: Origin, now: datetime
) -> AddressRequest:
    """Guesses at the present password count as they do at sign-in. Whether somebody has the address already is only
    looked up as the mail to it is written: neither the answer nor its time tells."""
    credentials = Credentials(
        identifier=current.user.username,
        password=wanted.present,
        browser_token=wanted.browser_token,
        origin=origin,
        signed_in_as=current.user.pk,
    )
    limited = charge_submission(credentials, now=now)
    if limited is not None:
        return AddressRequest(limited=limited)
    user = check_credentials(credentials=credentials, now=now).user
    if user is None or user.pk != current.user.pk:
        return AddressRequest(is_present_right=False)
    of_person = charge(CHANGES, str(user.pk), now=now)
    if not of_person.is_allowed:
        return AddressRequest(limited=of_person)
    of_address = charge(CHANGES_TO_ADDRESS, wanted.address.casefold(), now=now)
    with transaction.atomic():
        _ask(user, wanted.address, is_sent=of_address.is_allowed, origin=origin, now=now)
    return AddressRequest()


def _ask(user: User, address: str, *, is_sent: bool, origin: Origin, now: datetime) -> None:
    me = subject_of(user)
    facts = {
        "at": now.isoformat(),
        "ip": origin.ip,
        "user_agent": origin.user_agent,
        "former": user.email,
        "new": address,
    }
    record_event(
        action=DirectoryAction.USER_EMAIL_CHANGE_REQUESTED,
        outcome=Outcome.SUCCESS if is_sent else Outcome.REFUSED,
        actor=me,
        origin=origin,
        now=now,
        target=me,
        details={} if is_sent else {"reason": RATE_LIMITED},
        before={"email": user.email},
        after={"email": address},
    )
    if not is_sent:
        return
    send(kind=CHANGE_ADDRESS, to=me, actor=me, now=now, facts=facts, address=address)
    if user.email and user.is_email_verified:
        send(kind=OBJECT_TO_CHANGE, to=me, actor=me, now=now, facts=facts, address=user.email)


@dataclass(frozen=True)
class LinkDone:
    """`password_digest`: of a link with which the person chooses a new password at once, after an objection."""

    used: UsedAddressLink
    password_digest: str = ""


@transaction.atomic
def use_link(*, token_digest: str, browser_token: str, origin: Origin, now: datetime) -> LinkDone | None:
    """None when the link means nothing (any more)."""
    used = use_address_link(token_digest=token_digest, origin=origin, now=now)
    if used is None:
        return None
    if used.purpose is Purpose.ADDRESS_OBJECTION:
        return LinkDone(used, _after_objection(used, browser_token, origin=origin, now=now))
    if used.outcome is AddressOutcome.CHANGED:
        _tell_of_change(used, origin=origin, now=now)
    return LinkDone(used)


def _tell_of_change(used: UsedAddressLink, *, origin: Origin, now: datetime) -> None:
    me = subject_of(used.user)
    facts = {"at": now.isoformat(), "former": used.former, "new": used.user.email}
    facts |= {"ip": origin.ip or "", "user_agent": origin.user_agent, "changed": "yes"}
    send(kind=ADDRESS_CHANGED, to=me, actor=me, now=now, facts=facts)
    if used.former and used.was_verified:
        send(kind=OBJECT_TO_CHANGE, to=me, actor=me, now=now, facts=facts, address=used.former)


def _after_objection(used: UsedAddressLink, browser_token: str, *, origin: Origin, now: datetime) -> str:
    user = used.user
    # Live they are no more: this says so in their rows and the log.
    open_sessions = Session.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=now)
    for session_id in list(open_sessions.order_by("pk").values_list("pk", flat=True)):
        end_session(
            session_id=session_id,
            reason=Session.EndReason.OBJECTED,
            actor=subject_of(user),
            origin=origin,
            now=now,
        )
    forget_other_browsers(user=user, browser_token=browser_token, origin=origin, now=now)
    # Whoever asked for the change knew the password.
    if used.outcome is AddressOutcome.TAKEN or not may_reset_password(user, now=now):
        return ""
    token = make_link(
        user=user,
        purpose=Purpose.RESET,
        address=user.email,
        lifetime=settings.PASSWORD_RESET_LIFETIME,
        now=now,
    )
    return digest_of(token)


def _record(action: DirectoryAction, user: User, *, actor: Subject, origin: Origin, now: datetime) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
    )
