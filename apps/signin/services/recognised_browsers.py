"""Browsers that people have signed in with before, known by a random token in a cookie."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from apps.signin.models import RecognisedBrowser

if TYPE_CHECKING:
    from apps.directory.models import User


def new_browser_token() -> str:
    return secrets.token_urlsafe(32)


def browser_rows(*, user_id: UUID, browser_token: str) -> QuerySet[RecognisedBrowser]:
    """The row of this person in this browser, if any."""
    return RecognisedBrowser.objects.filter(user_id=user_id, token_digest=_digest(browser_token))


def other_browser_rows(*, user_id: UUID, browser_token: str) -> QuerySet[RecognisedBrowser]:
    """The rows of this person in all browsers but this one."""
    return RecognisedBrowser.objects.filter(user_id=user_id).exclude(token_digest=_digest(browser_token))


def recognise_browser(*, user: User, browser_token: str, now: datetime, user_agent: str = "") -> bool:
    """Whether the person is new to the browser."""
    used = {"last_used_at": now, "user_agent": user_agent}
    _row, is_new = RecognisedBrowser.objects.update_or_create(
        user=user,
        token_digest=_digest(browser_token),
        defaults=used,
        create_defaults={**used, "created_at": now},
    )
    return is_new


def _digest(browser_token: str) -> str:
    return hashlib.sha256(browser_token.encode()).hexdigest()
