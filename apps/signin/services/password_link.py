"""The page behind a one-time link: its token goes into the browser's session at once, and out of the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from apps.core.origin import Origin
from apps.directory.errors import PersonRefused
from apps.directory.selectors import subject_of
from apps.directory.selectors.links import digest_of, was_made
from apps.directory.services.password_by_link import UsedLink, set_password_by_link
from apps.signin.lockout import clear
from apps.signin.models import Session
from apps.signin.services.recognised_browsers import browser_rows, recognise_browser
from apps.signin.services.sso_sessions import end_session
from apps.signin.services.throttles import forget_other_browsers

LINK = "one_time_link"


def keep_token(request: HttpRequest, token: str) -> None:
    """Looking at a link uses nothing up: mail scanners look, too. The session holds no more than the database does.

    It gets a new cookie value, so that nobody who planted the old one can use the link. What was never a link gets no
    session: whoever makes tokens up fills no table with them.
    """
    digest = digest_of(token)
    if was_made(digest):
        keep_digest(request, digest)
    else:
        forget_token(request)


def keep_digest(request: HttpRequest, digest: str) -> None:
    request.session.cycle_key()
    rotate_token(request)
    request.session[LINK] = digest


def kept_digest(request: HttpRequest) -> str:
    return str(request.session.get(LINK, ""))


def forget_token(request: HttpRequest) -> None:
    request.session.pop(LINK, None)


@dataclass(frozen=True)
class LinkUse:
    """`used` is set when the password was; `problems` are the rules that it breaks. Neither: the link is void."""

    used: UsedLink | None = None
    problems: tuple[str, ...] = ()


def set_password_with(
    *, token_digest: str, chosen: str, browser_token: str, origin: Origin, now: datetime
) -> LinkUse:
    try:
        return LinkUse(used=_set(token_digest, chosen, browser_token, origin=origin, now=now))
    except PersonRefused as refusal:
        return LinkUse(problems=refusal.reasons)


@transaction.atomic
def _set(
    token_digest: str, chosen: str, browser_token: str, *, origin: Origin, now: datetime
) -> UsedLink | None:
    used = set_password_by_link(token_digest=token_digest, password=chosen, origin=origin, now=now)
    if used is None:
        return None
    # Live they are no more: what came before the new password ended with it. This says so in their rows and the log.
    open_sessions = Session.objects.filter(user=used.user, ended_at__isnull=True, expires_at__gt=now)
    for session_id in list(open_sessions.order_by("pk").values_list("pk", flat=True)):
        end_session(
            session_id=session_id,
            reason=Session.EndReason.PASSWORD_CHANGED,
            actor=subject_of(used.user),
            origin=origin,
            now=now,
        )
    forget_other_browsers(user=used.user, browser_token=browser_token, origin=origin, now=now)
    # Strangers who go on guessing lock the account again, and must not keep its owner out of this browser.
    recognise_browser(user=used.user, browser_token=browser_token, now=now, user_agent=origin.user_agent)
    clear(browser_rows(user_id=used.user.pk, browser_token=browser_token))
    return used
