"""/account/sessions: where one is signed in, and signing out there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.origin import origin_of
from apps.core.places import Place, place_of
from apps.directory.selectors import subject_of
from apps.signin.device_name import device_or_unknown
from apps.signin.models import Session
from apps.signin.ports import applications_used
from apps.signin.selectors import live_sessions
from apps.signin.services.browser_session import SignedIn, release
from apps.signin.services.sign_in_required import sign_in_required
from apps.signin.services.sso_sessions import end_other_sessions, end_session
from apps.signin.session_limits import ends_at, limits_in_words

# More than anybody has at once; a script that signs in at each run could.
SHOWN = 100


@dataclass(frozen=True)
class ShownSession:
    id: UUID
    is_current: bool
    device: str
    place: Place | None
    ip: str | None
    started_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    is_idle: bool
    """Its browser has to sign in again; what applications got through it goes on until its limit."""
    applications: Collection[str]


@never_cache
@require_safe
@sign_in_required
def sessions(request: HttpRequest, current: SignedIn) -> HttpResponse:
    shown = _shown(current, now=timezone.now())
    context = {
        "person": current.user,
        "sessions": shown,
        "has_other_sessions": any(not session.is_current for session in shown),
        "limits": limits_in_words(current.user),
    }
    return render(request, "signin/sessions.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def end_others(request: HttpRequest, current: SignedIn) -> HttpResponse:
    if request.method != "POST":
        others = [session for session in _shown(current, now=timezone.now()) if not session.is_current]
        if not others:
            return redirect("signin:sessions")
        return render(request, "signin/end_others.html", {"person": current.user, "sessions": others})
    count = end_other_sessions(
        user=current.user, kept_id=current.session.pk, origin=origin_of(request), now=timezone.now()
    )
    done = ngettext("Signed out in %(count)d other place.", "Signed out in %(count)d other places.", count)
    messages.success(request, done % {"count": count})
    return redirect("signin:sessions")


@require_POST
@sign_in_required
def end_own(request: HttpRequest, current: SignedIn, session_id: UUID) -> HttpResponse:
    session = get_object_or_404(Session, pk=session_id, user=current.user)
    end_session(
        session_id=session.pk,
        reason=Session.EndReason.ENDED_BY_PERSON,
        actor=subject_of(current.user),
        origin=origin_of(request),
        now=timezone.now(),
    )
    if session.pk == current.session.pk:
        release(request)
        return redirect("signin:login")
    messages.success(
        request, _("Signed out: %(device)s.") % {"device": device_or_unknown(session.user_agent)}
    )
    return redirect("signin:sessions")


def _shown(current: SignedIn, *, now: datetime) -> list[ShownSession]:
    """This one first, then as they were last used."""
    found = list(live_sessions(user=current.user, now=now).order_by("-last_seen_at")[:SHOWN])
    found.sort(key=lambda session: session.pk != current.session.pk)
    used = _applications_used(found)
    return [
        ShownSession(
            id=session.pk,
            is_current=session.pk == current.session.pk,
            device=device_or_unknown(session.user_agent),
            place=place_of(session.ip),
            ip=session.ip,
            started_at=session.started_at,
            last_seen_at=session.last_seen_at,
            ends_at=ends_at(session, user=current.user),
            is_idle=session.pk != current.session.pk and ends_at(session, user=current.user) <= now,
            applications=used[session.pk],
        )
        for session in found
    ]


def _applications_used(found: Sequence[Session]) -> dict[UUID, list[str]]:
    names: dict[UUID, set[str]] = {session.pk: set() for session in found}
    for ask in applications_used:
        for session_id, some in ask(list(names)).items():
            names[session_id].update(some)
    return {session_id: sorted(some, key=str.casefold) for session_id, some in names.items()}
