"""A request id for every request: in the log lines, the audit events, the error page and the answer's header."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from apps.core.ids import uuid7
from apps.core.origin import is_from_trusted_proxy


class RequestContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]  # Django's way to hand on request facts
        if is_from_trusted_proxy(request) and request.headers.get("X-Forwarded-Proto") == "https":
            request.META["wsgi.url_scheme"] = "https"
        # Left in place afterwards: Django logs refused requests once the middleware is done with them.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response
