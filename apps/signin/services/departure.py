"""What of signing in ends when somebody leaves for good."""

from uuid import UUID

from apps.audit.services.changes import Writing
from apps.signin.models import Session
from apps.signin.services.sso_sessions import end_session


def end_sessions_of(user_id: UUID, writing: Writing) -> int:
    """Of how many sessions; each has its event."""
    live = Session.objects.filter(user_id=user_id, ended_at__isnull=True, expires_at__gt=writing.now)
    return sum(
        end_session(
            session_id=session_id,
            reason=Session.EndReason.ENDED_BY_ADMINISTRATOR,
            actor=writing.actor,
            origin=writing.origin,
            now=writing.now,
        )
        for session_id in list(live.order_by("pk").values_list("pk", flat=True))
    )
