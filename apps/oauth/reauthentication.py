"""Whether a person has signed in anew since a client's request demanded it. Spec: OIDC Core §3.1.2.1 (prompt, max_age).

When the demand was made is kept in a signed cookie of its own: another person's sign-in takes the place of the
browser's whole session.
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-gatehouse-demand" if settings.IS_HTTPS else "gatehouse-demand"
SALT = "oauth.reauthentication"
LIFETIME = timedelta(hours=1)


def remember_demand(request: HttpRequest, response: HttpResponse, *, now: datetime) -> None:
    response.set_signed_cookie(
        COOKIE,
        f"{now.timestamp()}:{_digest(request)}",
        salt=SALT,
        max_age=LIFETIME,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def is_demand_met(request: HttpRequest, *, authenticated_at: datetime, now: datetime) -> bool:
    """Whether this very request was sent to the sign-in page, and the person came back from it."""
    value = request.get_signed_cookie(COOKIE, default=None, salt=SALT)
    if value is None:
        return False
    demanded_at, _, digest = value.partition(":")
    age = now.timestamp() - float(demanded_at)
    return (
        digest == _digest(request)
        and age <= LIFETIME.total_seconds()
        and authenticated_at.timestamp() > float(demanded_at)
    )


def forget_demand(request: HttpRequest, response: HttpResponse) -> None:
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, samesite="Lax")


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(request.GET.urlencode().encode()).hexdigest()
