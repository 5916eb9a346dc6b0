"""The cookie by which a browser is recognised."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.signin.services.recognised_browsers import new_browser_token

BROWSER_COOKIE = "__Host-gatehouse-browser" if settings.IS_HTTPS else "gatehouse-browser"


def browser_token_of(request: HttpRequest) -> str:
    """What the browser holds, or a new one for it."""
    return request.COOKIES.get(BROWSER_COOKIE) or new_browser_token()


def remember_browser(response: HttpResponse, browser_token: str) -> None:
    response.set_cookie(
        BROWSER_COOKIE,
        browser_token,
        max_age=settings.RECOGNISED_BROWSER_LIFETIME,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
