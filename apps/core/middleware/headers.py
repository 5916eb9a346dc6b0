"""Security headers and length of every answer. The admin theme needs a looser policy, which stays under /admin/."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
)
# Alpine.js in django-unfold compiles expressions and sets styles; it is confined to signed-in administrators.
ADMIN_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: under that policy browsers send "Origin: null" with our own forms, which the CSRF check refuses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
    ),
}


class SecurityHeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if settings.HSTS_SECONDS:
            response["Strict-Transport-Security"] = (
                f"max-age={settings.HSTS_SECONDS}; includeSubDomains; preload"
            )
        if request.path.startswith("/admin/"):
            response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY)
        else:
            response.headers.setdefault(
                "Content-Security-Policy", PAGE_POLICY.format(form_action=_form_action(request))
            )
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        # Django's CommonMiddleware does so for pages alone; without a length the server falls back to chunks.
        is_bodiless = response.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        if not response.streaming and not is_bodiless and not response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response


def _form_action(request: HttpRequest) -> str:
    """Where the page's forms may lead: a view that ends in a redirect to a client names that client's origin."""
    origins: tuple[str, ...] = getattr(request, "form_action_origins", ())
    return " ".join(("'self'", *origins))
