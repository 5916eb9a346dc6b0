"""Guessing client secrets is slow: failures count, for the client and the address together."""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.origin import client_address, network_of
from apps.core.rate_limits import TooManyRequests, charge, rate_limit, standing
from apps.oauth.answers import oauth_error

FAILURES = rate_limit("client-authentication")


def throttled(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses whoever failed to authenticate too often; what succeeds is never counted."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        subject = f"{_claimed_client(request)}\n{network_of(client_address(request))}"
        found = standing(FAILURES, subject, now=now)
        if not found.is_allowed:
            return oauth_error(
                TooManyRequests.code,
                "Client authentication failed too often. Wait, and check the credentials.",
                status=HTTPStatus.TOO_MANY_REQUESTS,
                headers=found.headers,
            )
        response = view(request)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            charge(FAILURES, subject, now=now)
        return response

    return guarded


def _claimed_client(request: HttpRequest) -> str:
    """Whom the request claims to come from, only to count by: one client, however its id is encoded in the header."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", "")
    try:
        decoded = base64.b64decode(credentials)
    except (binascii.Error, ValueError):
        return ""
    # Spec: RFC 6749 §2.3.1.
    return unquote_plus(decoded.decode(errors="replace").partition(":")[0])
