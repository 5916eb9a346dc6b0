"""Who may read the answers of machine endpoints from within a web page. Spec: Fetch §3.2.

An answer can be read by pages of the origins that the asking client is registered with, and by no others; what a
page may send at all is asked before anybody knows which client it is for. Cookies never take part.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.oauth.exchange import ENVIRON_KEY, Exchange
from apps.oauth.selectors import is_origin_registered

PREFLIGHT_SECONDS = 600
View = Callable[[HttpRequest], HttpResponse]


def readable_from_pages(*methods: str) -> Callable[[View], View]:
    """Lets the applications in the browser that are registered call the endpoint, with these methods."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            origin = request.headers.get("Origin", "")
            response = _preflight_answer(request, origin, methods) or view(request)
            exchange: Exchange | None = request.META.get(ENVIRON_KEY)
            client = exchange.client if exchange else None
            if origin and client is not None and client.origin_allowed(origin):
                response["Access-Control-Allow-Origin"] = origin
            patch_vary_headers(response, ("Origin",))
            return response

        return guarded

    return decorate


def _preflight_answer(request: HttpRequest, origin: str, methods: tuple[str, ...]) -> HttpResponse | None:
    """Nothing for an origin that no client has: it is told what anybody is told who sends OPTIONS."""
    is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not is_preflight or not is_origin_registered(origin):
        return None
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=headers)
