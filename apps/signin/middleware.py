"""Every page asks the session registry whether the browser's session still counts, and speaks in its person's time."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from apps.core.middleware.doors import is_machine_door
from apps.core.origin import origin_of
from apps.directory.selectors import as_person, subject_of, time_zone_of
from apps.signin.models import Session
from apps.signin.selectors import why_cookie_is_void, why_ended
from apps.signin.services.browser_session import SignedIn, release, session_behind, signed_in
from apps.signin.services.sign_in_required import to_new_password
from apps.signin.services.sso_sessions import end_session, note_presence

PRESENCE_IS_NOTED_EVERY = timedelta(minutes=1)


class SessionRegistryMiddleware:
    """Sets `request.signed_in`; a cookie whose session has ended is worth nothing, whatever Django thinks of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_machine_door(request):
            self.judge(request)
        return self.get_response(request)

    def judge(self, request: HttpRequest) -> None:
        request.signed_in = None  # type: ignore[attr-defined]  # Django's way to hand on request facts
        if "sso_session" not in request.session:
            return
        session = session_behind(request)
        user = as_person(request.user)
        if session is None or session.ended_at is not None:
            self.refuse(request)
            return
        if user is None:
            self.end(request, session, why_cookie_is_void(session=session, now=timezone.now()))
            return
        now = timezone.now()
        reason = why_ended(session=session, user=user, now=now)
        if reason is not None:
            self.end(request, session, reason)
            return
        if now - session.last_seen_at > PRESENCE_IS_NOTED_EVERY:
            note_presence(session=session, now=now)
        request.signed_in = SignedIn(user, session)  # type: ignore[attr-defined]  # see above

    def end(self, request: HttpRequest, session: Session, reason: Session.EndReason) -> None:
        end_session(
            session_id=session.pk,
            reason=reason,
            actor=subject_of(session.user),
            origin=origin_of(request),
            now=timezone.now(),
        )
        self.refuse(request)

    def refuse(self, request: HttpRequest) -> None:
        release(request)
        request.user = AnonymousUser()


class ExpiredPasswordMiddleware:
    """Whoever signed in with a password that has expired gets to the page that changes it, and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = signed_in(request)
        is_open = current is None or not current.must_change_password
        if is_open or request.path in settings.PATHS_WITH_EXPIRED_PASSWORD:
            return self.get_response(request)
        return to_new_password(request)


class TimeZoneMiddleware:
    """Times on a page, and those typed into it, are in the zone of whoever is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = signed_in(request)
        if current is None:
            return self.get_response(request)
        # Left again whatever happens: the thread goes on to serve somebody else.
        with timezone.override(time_zone_of(current.user)):
            return self.get_response(request)
