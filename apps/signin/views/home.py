"""/: the portal's first page."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.access.selectors import access_ends, usable_applications
from apps.core.initials import initials
from apps.signin.selectors import live_sessions, previous_sign_in
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required

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
    context = {
        "person": current.user,
        "previous_sign_in_at": previous_sign_in(current.session),
        "query": query,
        "tiles": [Tile(a.name, a.description, a.launch_url, ends.get(a.pk)) for a in applications],
        "places": live_sessions(user=current.user, now=now).count(),
    }
    return render(request, "signin/home.html", context)
