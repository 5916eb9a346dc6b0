"""Signing in with a user name and a password.

Whatever is wrong (nobody of that name, wrong password, locked, suspended) costs the same work and the same
statements, and looks the same from outside; the audit event keeps the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.hashers import is_password_usable, make_password, verify_password
from django.db import transaction
from django.utils.functional import SimpleLazyObject

from apps.audit.ports import ANONYMOUS, Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin, network_of
from apps.directory.selectors import hash_for_nobody, person_by_identifier, subject_of
from apps.directory.services.sign_in_record import failure_counter, replace_hash
from apps.signin import lockout
from apps.signin.conf import lockout_limits
from apps.signin.events import SignInAction
from apps.signin.metrics import SIGN_INS
from apps.signin.models import AddressThrottle
from apps.signin.services.recognised_browsers import browser_rows

if TYPE_CHECKING:
    from apps.directory.models import User

NOBODY = UUID(int=0)
# Verified when there is nobody to verify against; made once, with today's parameters.
DUMMY_HASH = SimpleLazyObject(lambda: make_password("nobody has this password"))


class Refusal(StrEnum):
    UNKNOWN_IDENTIFIER = "unknown_identifier"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason's name
    LOCKED = "locked"
    ADDRESS_LOCKED = "address_locked"
    NOT_ACTIVE = "not_active"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True)
class Credentials:
    identifier: str
    password: str
    browser_token: str
    origin: Origin
    signed_in_as: UUID | None = None
    """Who is signed in in that browser already, and is asked once more."""


@dataclass(frozen=True)
class PasswordCheck:
    """`user` is set when the credentials were right and the person may sign in, `refusal` otherwise."""

    user: User | None
    refusal: Refusal | None


@dataclass(frozen=True)
class _Match:
    is_right: bool
    is_outdated: bool


@dataclass(frozen=True)
class _Charge:
    user: User | None
    hash_for_nobody: str
    is_recognised: bool
    address_allows: bool
    account_allows: bool


def check_credentials(*, credentials: Credentials, now: datetime) -> PasswordCheck:
    charge = _charge_attempt(credentials, now=now)
    match = _match(charge, credentials.password)
    refusal = _judge(charge, is_right=match.is_right, now=now)
    _settle(charge, credentials, refusal=refusal, now=now)
    if refusal is not None:
        SIGN_INS.count(refusal.value)
    if refusal is None and charge.user is not None and match.is_outdated:
        replace_hash(user=charge.user, encoded=make_password(credentials.password))
    return PasswordCheck(user=charge.user if refusal is None else None, refusal=refusal)


@transaction.atomic
def _charge_attempt(credentials: Credentials, *, now: datetime) -> _Charge:
    limits = lockout_limits()
    user = person_by_identifier(credentials.identifier)
    decoy = hash_for_nobody(credentials.identifier)
    address = network_of(credentials.origin.ip)
    AddressThrottle.objects.bulk_create([AddressThrottle(address=address)], ignore_conflicts=True)
    address_allows = lockout.charge(
        AddressThrottle.objects.filter(address=address),
        limit=limits.address_failures,
        window=limits.window,
        now=now,
    )
    browsers = browser_rows(user_id=user.pk if user else NOBODY, browser_token=credentials.browser_token)
    is_recognised = browsers.exists()
    # A recognised browser answers for itself, also behind an address at which others have been guessing.
    address_allows = address_allows or is_recognised
    # From a locked address nothing counts against anybody's account.
    user_id = user.pk if user and address_allows else NOBODY
    account_allows = lockout.charge(
        browsers if is_recognised else failure_counter(user_id),
        limit=limits.browser_failures if is_recognised else limits.account_failures,
        window=limits.window,
        now=now,
    )
    return _Charge(user, decoy, is_recognised, address_allows, account_allows)


def _match(charge: _Charge, password: str) -> _Match:
    """One password hash is computed, whoever it is for and whether or not it can match; what another system's hash
    costs on top is paid for somebody unknown as often as for people."""
    # Asked for in either case: a process makes it at its first sign-in, and that must not tell whose it was.
    dummy = str(DUMMY_HASH)
    user = charge.user
    stored = charge.hash_for_nobody if user is None else user.password
    encoded = stored if stored and is_password_usable(stored) else dummy
    is_match, is_outdated = verify_password(password, encoded)
    is_right = is_match and user is not None and encoded == user.password
    return _Match(is_right=is_right, is_outdated=is_outdated)


def _judge(charge: _Charge, *, is_right: bool, now: datetime) -> Refusal | None:
    if not charge.address_allows:
        return Refusal.ADDRESS_LOCKED
    if charge.user is None:
        return Refusal.UNKNOWN_IDENTIFIER
    if not charge.account_allows:
        return Refusal.LOCKED
    if not is_right:
        return Refusal.WRONG_PASSWORD
    if not charge.user.may_sign_in(now=now):
        return Refusal.NOT_ACTIVE
    return None


@transaction.atomic
def _settle(charge: _Charge, credentials: Credentials, *, refusal: Refusal | None, now: datetime) -> None:
    limits = lockout_limits()
    user_id = charge.user.pk if charge.user and charge.address_allows else NOBODY
    addresses = AddressThrottle.objects.filter(address=network_of(credentials.origin.ip))
    accounts = (
        browser_rows(user_id=user_id, browser_token=credentials.browser_token)
        if charge.is_recognised
        else failure_counter(user_id)
    )
    if refusal is None:
        lockout.refund(addresses)
        lockout.clear(accounts)
        return
    account_limit = limits.browser_failures if charge.is_recognised else limits.account_failures
    lockout.lock_if_exhausted(addresses, limit=limits.address_failures, duration=limits.duration, now=now)
    is_locked_now = lockout.lock_if_exhausted(
        accounts, limit=account_limit, duration=limits.duration, now=now
    )
    record_event(
        action=SignInAction.USER_SIGN_IN_REFUSED,
        outcome=Outcome.REFUSED,
        actor=ANONYMOUS,
        origin=credentials.origin,
        now=now,
        # Never what was typed: people type passwords into the wrong field.
        target=subject_of(charge.user) if charge.user else None,
        details={
            "reason": refusal.value,
            "locked_now": is_locked_now,
            "recognised": charge.is_recognised,
            "confirming": charge.user is not None and charge.user.pk == credentials.signed_in_as,
        },
    )
