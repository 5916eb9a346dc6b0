"""Request bodies are refused by their declared length before a byte of them is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from apps.core.body_limits import longest_body
from apps.core.errors import PayloadTooLarge
from apps.core.refusal_response import refusal_response


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = longest_body(request.path)
        if _declared_length(request) > limit:
            # Before anybody has chosen a language for this request.
            with translation.override(translation.get_language_from_request(request)):
                return refusal_response(request, PayloadTooLarge(f"{request.path}: over {limit} bytes"))
        return self.get_response(request)


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
