"""Starting, refreshing and ending single sign-on sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.selectors import subject_of
from apps.directory.services.sign_in_record import note_sign_in
from apps.signin.events import SignInAction
from apps.signin.metrics import SIGN_INS, SIGNED_IN
from apps.signin.models import Session
from apps.signin.selectors import live_sessions
from apps.signin.services.notices import tell_of_ended_session, tell_of_new_browser
from apps.signin.services.recognised_browsers import recognise_browser

if TYPE_CHECKING:
    from apps.directory.models import User


@transaction.atomic
def start_session(
    *, user: User, amr: Sequence[str], browser_token: str, origin: Origin, now: datetime
) -> Session:
    """The session of a person who has just proven who they are."""
    session = Session.objects.create(
        user=user,
        started_at=now,
        authenticated_at=now,
        last_seen_at=now,
        expires_at=now + settings.SSO_SESSION_LIFETIME,
        ip=origin.ip,
        user_agent=origin.user_agent,
        amr=list(amr),
    )
    note_sign_in(user_id=user.pk, now=now)
    if recognise_browser(user=user, browser_token=browser_token, now=now, user_agent=origin.user_agent):
        tell_of_new_browser(user=user, origin=origin, now=now)
    record_event(
        action=SignInAction.USER_SIGNED_IN,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        session_id=str(session.pk),
        details={"amr": list(amr), "expires_at": session.expires_at.isoformat()},
    )
    SIGN_INS.count(SIGNED_IN)
    return session


@transaction.atomic
def reauthenticate_session(
    *, session: Session, user: User, amr: Sequence[str], origin: Origin, now: datetime
) -> None:
    """The same person proved again who they are; the session and its `sid` stay."""
    Session.objects.filter(pk=session.pk).update(authenticated_at=now, last_seen_at=now, amr=list(amr))
    record_event(
        action=SignInAction.USER_REAUTHENTICATED,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=subject_of(user),
        session_id=str(session.pk),
        details={"amr": list(amr)},
    )


@transaction.atomic
def end_session(
    *, session_id: UUID, reason: Session.EndReason, actor: Subject, origin: Origin, now: datetime
) -> bool:
    """Whether this call was the one that ended it."""
    ended = Session.objects.filter(pk=session_id, ended_at__isnull=True).update(
        ended_at=now, end_reason=reason
    )
    if ended:
        record_event(
            action=SignInAction.SESSION_ENDED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=Subject(kind="session", id=str(session_id)),
            session_id=str(session_id),
            details={"reason": reason.value},
        )
    if ended and reason is Session.EndReason.ENDED_BY_ADMINISTRATOR:
        tell_of_ended_session(session_id=session_id, actor=actor, now=now)
    return bool(ended)


@transaction.atomic
def end_other_sessions(*, user: User, kept_id: UUID, origin: Origin, now: datetime) -> int:
    """The person signs out everywhere but here; of how many sessions."""
    others = live_sessions(user=user, now=now).exclude(pk=kept_id).order_by("pk")
    return sum(
        end_session(
            session_id=session_id,
            reason=Session.EndReason.ENDED_BY_PERSON,
            actor=subject_of(user),
            origin=origin,
            now=now,
        )
        for session_id in list(others.values_list("pk", flat=True))
    )


def note_presence(*, session: Session, now: datetime) -> None:
    Session.objects.filter(pk=session.pk, last_seen_at__lt=now).update(last_seen_at=now)
