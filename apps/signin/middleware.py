"""Every page asks the session registry whether the browser's session still counts, and speaks to its person in their
language and time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant

from apps.core.middleware.doors import is_machine_door
from apps.core.origin import origin_of
from apps.directory.selectors import as_person, is_service_account, language_of, subject_of, time_zone_of
from apps.signin.models import Session
from apps.signin.ports import languages_wished_at
from apps.signin.selectors import why_cookie_is_void, why_ended
from apps.signin.services.browser_session import SignedIn, release, session_behind, signed_in
from apps.signin.services.sign_in_required import to_new_password, to_terms
from apps.signin.services.sso_sessions import end_session, note_presence

if TYPE_CHECKING:
    from apps.directory.models import User

PRESENCE_IS_NOTED_EVERY = timedelta(minutes=1)
# Spec: RFC 5646 §4.4.1.
LONGEST_LANGUAGE_TAG = 35


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
        request.signed_in = SignedIn(user, session, _terms_to_accept(user, session))  # type: ignore[attr-defined]  # see above

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


def _terms_to_accept(user: User, session: Session) -> UUID | None:
    waiting: UUID | None = getattr(session, "terms_to_accept", None)
    return None if is_service_account(user) else waiting


class ExpiredPasswordMiddleware:
    """Whoever signed in with a password that has expired gets to the page that changes it, and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = signed_in(request)
        is_open = current is None or not current.must_change_password
        if is_open or _is_way_out(request, settings.PATHS_WITH_EXPIRED_PASSWORD):
            return self.get_response(request)
        return to_new_password(request)


class TermsMiddleware:
    """Whoever has not accepted the terms in force gets to the page that asks them to, and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = signed_in(request)
        is_open = current is None or current.terms_to_accept is None
        if is_open or _is_way_out(request, settings.PATHS_WITH_TERMS_TO_ACCEPT):
            return self.get_response(request)
        return to_terms(request)


def _is_way_out(request: HttpRequest, paths: frozenset[str]) -> bool:
    return request.path in paths or request.path.startswith(
        (settings.ONE_TIME_LINK_PATH, settings.ADDRESS_LINK_PATH)
    )


class LanguageMiddleware:
    """People are spoken to in their own language, then in the one chosen in this browser, then in that which the
    application they come from wishes for, then in those of the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        current = signed_in(request)
        language = (language_of(current.user) if current else None) or wished_language(request)
        if language is None:
            return self.get_response(request)
        request.LANGUAGE_CODE = language
        # Left again whatever happens, as the time zone is.
        with translation.override(language):
            response = self.get_response(request)
        # Else Django names the language of the browser.
        response.headers.setdefault("Content-Language", language)
        return response


def wished_language(request: HttpRequest) -> str | None:
    """The first that there are pages in; None where a choice was made in this browser, or nothing is wished for."""
    if is_machine_door(request) or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(
        settings.LANGUAGES
    ):
        return None
    for tag in languages_wished_at.get()(_on_the_way_to(request)):
        try:
            return get_supported_language_variant(tag[:LONGEST_LANGUAGE_TAG])
        except LookupError:
            continue
    return None


def _on_the_way_to(request: HttpRequest) -> str:
    """The sign-in page speaks as the page would that people come from."""
    if request.path != reverse("signin:login"):
        return request.get_full_path()
    return (request.POST if request.method == "POST" else request.GET).get("next", "")


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
