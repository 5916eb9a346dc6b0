"""A person changes their own password: with the one they have, and out of every other place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.origin import Origin
from apps.core.rate_limits import Standing
from apps.directory.errors import PersonRefused
from apps.directory.selectors import subject_of
from apps.directory.services.people import change_own_password
from apps.signin.models import Session
from apps.signin.selectors import live_sessions
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.password_sign_in import Credentials, check_credentials
from apps.signin.services.sso_sessions import end_session, reauthenticate_session
from apps.signin.services.submissions import charge_submission

if TYPE_CHECKING:
    from apps.directory.models import User


@dataclass(frozen=True)
class NewPassword:
    present: str
    chosen: str
    browser_token: str


@dataclass(frozen=True)
class PasswordChange:
    """`user` is set when the password was changed. Else what stands against it: `limited` when it was tried too often
    in a short time, `is_present_right` is False when it was not their password or the account is paused, `problems`
    are the rules that the new one breaks, and none of these means that somebody else changed it at this moment."""

    user: User | None = None
    limited: Standing | None = None
    is_present_right: bool = True
    problems: tuple[str, ...] = ()


def change_password(
    *, current: SignedIn, wanted: NewPassword, origin: Origin, now: datetime
) -> PasswordChange:
    """Guesses at the present password count as they do at sign-in."""
    credentials = Credentials(
        identifier=current.user.username,
        password=wanted.present,
        browser_token=wanted.browser_token,
        origin=origin,
        signed_in_as=current.user.pk,
    )
    limited = charge_submission(credentials, now=now)
    if limited is not None:
        return PasswordChange(limited=limited)
    user = check_credentials(credentials=credentials, now=now).user
    if user is None or user.pk != current.user.pk:
        return PasswordChange(is_present_right=False)
    try:
        is_changed = _change(user, current, wanted.chosen, origin=origin, now=now)
    except PersonRefused as refusal:
        return PasswordChange(problems=refusal.reasons)
    return PasswordChange(user=user if is_changed else None)


@transaction.atomic
def _change(user: User, current: SignedIn, chosen: str, *, origin: Origin, now: datetime) -> bool:
    session = current.session
    others = live_sessions(user=user, now=now).exclude(pk=session.pk).order_by("pk")
    other_ids = list(others.values_list("pk", flat=True))
    if not change_own_password(user=user, password=chosen, origin=origin, now=now):
        return False
    for session_id in other_ids:
        end_session(
            session_id=session_id,
            reason=Session.EndReason.PASSWORD_CHANGED,
            actor=subject_of(user),
            origin=origin,
            now=now,
        )
    # What came before the new password ends with the old one; this session is proven anew.
    reauthenticate_session(session=session, user=user, amr=session.amr, origin=origin, now=now)
    session.authenticated_at = now
    return True
