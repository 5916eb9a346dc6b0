"""Counts requests by the name of their view, and how long their answers took."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from apps.core.own_metrics import DURATIONS, REQUESTS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATIC, NOWHERE, OTHER = "static", "none", "other"


class MeasuringMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None:
            view = match.view_name
        else:
            # Refused before it was known what it asks for, or an address that leads nowhere.
            view = STATIC if request.path.startswith(settings.STATIC_URL) else NOWHERE
        method = request.method if request.method in METHODS else OTHER
        REQUESTS.count(view, method or OTHER, f"{response.status_code // 100}xx")
        DURATIONS.observe(perf_counter() - began, view)
        return response
