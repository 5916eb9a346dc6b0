"""How long a session lasts, in words, and until when one of them does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from apps.signin.models import Session
from apps.signin.spans import span_in_words

if TYPE_CHECKING:
    from apps.directory.models import User


def has_idle_limit(user: User) -> bool:
    return user.is_staff


def ends_at(session: Session, *, user: User) -> datetime:
    """When the browser has to sign in again if nobody touches it."""
    if not has_idle_limit(user):
        return session.expires_at
    idle_at: datetime = session.last_seen_at + settings.PRIVILEGED_IDLE_LIMIT
    return min(session.expires_at, idle_at)


def limits_in_words(user: User) -> str:
    longest = span_in_words(settings.SSO_SESSION_LIFETIME)
    if not has_idle_limit(user):
        return _("You stay signed in for %(longest)s at most, however busy you are.") % {"longest": longest}
    return _(
        "You stay signed in for %(longest)s at most. Since you may enter the administration, you are also signed out "
        "when you have done nothing for %(idle)s."
    ) % {"longest": longest, "idle": span_in_words(settings.PRIVILEGED_IDLE_LIMIT)}
