"""Request bodies are refused by their declared length before a byte of them is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from apps.core.errors import PayloadTooLarge
from apps.core.refusal_response import refusal_response


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.limits = sorted(settings.BODY_LIMITS.items(), key=lambda item: len(item[0]), reverse=True)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = next(size for prefix, size in self.limits if request.path.startswith(prefix))
        if _declared_length(request) > limit:
            return refusal_response(request, PayloadTooLarge(f"{request.path}: over {limit} bytes"))
        return self.get_response(request)


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
