"""/: the portal's first page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.access.selectors import access_ends, usable_applications
from apps.core.initials import initials
from apps.core.origin import origin_of
from apps.directory.selectors import subject_of
from apps.signin.device_name import device_name
from apps.signin.models import Session
from apps.signin.selectors import live_sessions, previous_sign_in
from apps.signin.services.browser_session import SignedIn, release
from apps.signin.services.sign_in_required import sign_in_required
from apps.signin.services.sso_sessions import end_other_sessions, end_session

LONGEST_QUERY = 100


@dataclass(frozen=True)
class Tile:
    name: str
    description: str
    launch_url: str
    until: datetime | None

    @property
    def initials(self) -> str:
        return initials(self.name)


@never_cache
@require_safe
@sign_in_required
def home(request: HttpRequest, current: SignedIn) -> HttpResponse:
    now = timezone.now()
    # No name holds a NUL, and PostgreSQL refuses to compare with one.
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    applications = list(usable_applications(user=current.user, now=now, query=query))
    ends = access_ends(user=current.user, now=now)
    sessions = [_shown(session, current) for session in live_sessions(user=current.user, now=now)]
    context = {
        "person": current.user,
        "previous_sign_in_at": previous_sign_in(current.session),
        "query": query,
        "tiles": [Tile(a.name, a.description, a.launch_url, ends.get(a.pk)) for a in applications],
        "sessions": sessions,
        "has_other_sessions": any(not session["is_current"] for session in sessions),
    }
    return render(request, "signin/home.html", context)


@require_POST
@sign_in_required
def end_own_session(request: HttpRequest, current: SignedIn, session_id: UUID) -> HttpResponse:
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
    messages.success(request, _("Signed out: %(device)s.") % {"device": _device(session)})
    return redirect("signin:home")


@require_POST
@sign_in_required
def end_other_own_sessions(request: HttpRequest, current: SignedIn) -> HttpResponse:
    count = end_other_sessions(
        user=current.user, kept_id=current.session.pk, origin=origin_of(request), now=timezone.now()
    )
    done = ngettext("Signed out in %(count)d other place.", "Signed out in %(count)d other places.", count)
    messages.success(request, done % {"count": count})
    return redirect("signin:home")


def _device(session: Session) -> str:
    return device_name(session.user_agent) or _("Unknown browser")


def _shown(session: Session, current: SignedIn) -> dict[str, Any]:
    return {
        "id": session.pk,
        "is_current": session.pk == current.session.pk,
        "device": _device(session),
        "ip": session.ip,
        "started_at": session.started_at,
        "last_seen_at": session.last_seen_at,
    }
