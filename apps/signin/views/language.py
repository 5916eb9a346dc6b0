"""/language: whoever is not signed in chooses the language of the pages; R-MFA 7."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.signin.way_back import safe_next


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remembered by the browser: who signs in with it is not known yet, and has a language in their profile."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise BadRequest(f"there are no pages in {language!r}")
    response = redirect(safe_next(request.POST.get("next", "")))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response
