"""/account/activity: what happened lately to one's account, and what to do if it was somebody else."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.audit.ports import Topic
from apps.audit.selectors import events_about_person
from apps.signin.activity import TOPIC_WORDS, actions_told, entries
from apps.signin.selectors import own_session_ids
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required

DAYS = 90
PER_PAGE = 25


@never_cache
@require_safe
@sign_in_required
def activity(request: HttpRequest, current: SignedIn) -> HttpResponse:
    topic, before = _topic(request.GET.get("kind", "")), _cursor(request.GET.get("before", ""))
    since = timezone.now() - timedelta(days=DAYS)
    found = events_about_person(
        user_id=str(current.user.pk),
        things=own_session_ids(user=current.user, since=since),
        actions=actions_told(topic),
        since=since,
        before=before,
        limit=PER_PAGE + 1,
    )
    shown = found[:PER_PAGE]
    older = {"before": str(shown[-1].pk)} if len(found) > PER_PAGE else None
    kind = {"kind": topic.value} if topic else {}
    context = {
        "person": current.user,
        "entries": entries(shown, user=current.user),
        "days": DAYS,
        "topics": [(each.value, words, each is topic) for each, words in TOPIC_WORDS.items()],
        "is_narrowed": topic is not None,
        "older": urlencode({**kind, **older}) if older else "",
        "newest": urlencode(kind) if before else None,
    }
    return render(request, "signin/activity.html", context)


def _topic(value: str) -> Topic | None:
    return Topic(value) if value in set(Topic) else None


def _cursor(value: str) -> UUID | None:
    """The last event of the page before; anything else means the first page."""
    try:
        return UUID(value)
    except ValueError:
        return None
