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


def recognise_browser(*, user: User, browser_token: str, now: datetime) -> None:
    RecognisedBrowser.objects.update_or_create(
        user=user,
        token_digest=_digest(browser_token),
        defaults={"last_used_at": now},
        create_defaults={"last_used_at": now, "created_at": now},
    )


def _digest(browser_token: str) -> str:
    return hashlib.sha256(browser_token.encode()).hexdigest()
