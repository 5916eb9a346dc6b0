"""Removing what no longer has a use, in batches that never hold a long lock."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Q

from apps.core.batches import delete_in_batches
from apps.directory.services.one_time_links import remove_old_links
from apps.signin.conf import lockout_limits
from apps.signin.models import AddressThrottle, NoticeCount, RecognisedBrowser, Session
from apps.signin.services.notice_limits import DAY

ENDED_SESSIONS_ARE_KEPT = timedelta(days=90)


def remove_expired_state(*, now: datetime) -> int:
    """How many rows went."""
    removed = remove_old_links(now=now)
    stale = now - lockout_limits().window
    return removed + sum(
        delete_in_batches(rows)
        for rows in (
            BrowserSession.objects.filter(expire_date__lte=now),
            AddressThrottle.objects.filter(
                Q(locked_until__isnull=True) | Q(locked_until__lte=now),
                Q(first_failed_at__isnull=True) | Q(first_failed_at__lte=stale),
            ),
            RecognisedBrowser.objects.filter(last_used_at__lte=now - settings.RECOGNISED_BROWSER_LIFETIME),
            NoticeCount.objects.filter(began_at__lte=now - DAY),
            Session.objects.filter(expires_at__lte=now - ENDED_SESSIONS_ARE_KEPT),
        )
    )
