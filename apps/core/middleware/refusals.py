"""Refusals in the format of the place they were raised in: domain errors, and Django's blank 405."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from apps.core.errors import DomainError, MethodNotAllowed
from apps.core.refusal_response import refusal_response

log = logging.getLogger(__name__)


class DomainErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        answer = refusal_response(request, MethodNotAllowed(f"{request.method} {request.path}"))
        answer["Allow"] = response["Allow"]
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        log.info("refused: %s", error.detail or error.code)
        return refusal_response(request, error)
