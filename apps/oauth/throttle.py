"""Guessing client secrets is slow: failures count, for the client and the address together."""

import base64
import binascii
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.origin import client_address
from apps.core.rate_limits import RateLimit, TooManyRequests, charge, standing
from apps.oauth.answers import oauth_error

# The fifth failure begins the block.
FAILURES = RateLimit("client-authentication", quota=4, window=timedelta(minutes=15), block=timedelta(hours=1))
LONGEST_ID = 200


def throttled(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuses whoever failed to authenticate too often; what succeeds is never counted."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        now, subject = timezone.now(), f"{_claimed_client(request)}\n{client_address(request)}"
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
    """Whom the request claims to come from: only to count by."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", "")[:LONGEST_ID]
    try:
        decoded = base64.b64decode(credentials[: 2 * LONGEST_ID], validate=False)
    except (binascii.Error, ValueError):
        return ""
    return decoded.decode(errors="replace").partition(":")[0][:LONGEST_ID]
