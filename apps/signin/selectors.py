"""Questions about sessions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.signin.models import NoticePolicy, Session
from apps.terms.selectors import terms_to_accept

if TYPE_CHECKING:
    from apps.directory.models import User

MOST_SESSIONS = 500


def live_sessions(*, user: User, now: datetime) -> QuerySet[Session]:
    return Session.objects.live(now=now).filter(user=user)


def why_ended(*, session: Session, user: User, now: datetime) -> Session.EndReason | None:
    """Why a session that nobody has ended may no longer be used, or None while it may."""
    if not (user.may_sign_in(now=now) and user.sign_in_counts(session.authenticated_at)):
        return Session.EndReason.STANDING_CHANGED
    if session.expires_at <= now:
        return Session.EndReason.EXPIRED
    if user.is_staff and now - session.last_seen_at > settings.PRIVILEGED_IDLE_LIMIT:
        return Session.EndReason.IDLE
    return None


def why_cookie_is_void(*, session: Session, now: datetime) -> Session.EndReason:
    """Why Django no longer takes the cookie for its person: they or their password are not what they were."""
    if session.user.may_sign_in(now=now):
        return Session.EndReason.PASSWORD_CHANGED
    return Session.EndReason.STANDING_CHANGED


def session_by_id(session_id: UUID | str) -> Session | None:
    """With `terms_to_accept`, the first version of terms that its person has yet to accept."""
    sessions = Session.objects.annotate(terms_to_accept=terms_to_accept(user_field="user"))
    return sessions.filter(pk=session_id).first()


def previous_sign_in(session: Session) -> datetime | None:
    """When the person last signed in before this session: one they do not remember was somebody else."""
    earlier = Session.objects.filter(user_id=session.user_id, started_at__lt=session.started_at)
    return earlier.order_by("-started_at").values_list("started_at", flat=True).first()


def own_session_ids(*, user: User, since: datetime) -> list[str]:
    """Of the sessions that may have been in use since then, the newest of very many."""
    recent = Session.objects.filter(user=user, last_seen_at__gte=since).order_by("-last_seen_at")
    return [str(pk) for pk in recent.values_list("pk", flat=True)[:MOST_SESSIONS]]


def notice_policy() -> NoticePolicy:
    """The version in force; what is built in, which has no number, until there is one."""
    return NoticePolicy.objects.order_by("-pk").first() or NoticePolicy()
