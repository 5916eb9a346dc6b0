"""What one request to a machine endpoint carries besides its parameters, handed through oauthlib to the validator."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.core.origin import Origin, origin_of
from apps.oauth.models import AuthorizationCode, Client, RefreshToken

# oauthlib passes the WSGI environment on as headers; no header of a client can take this name.
ENVIRON_KEY = "gatehouse.exchange"


@dataclass
class Exchange:
    """Filled in on the way: whom the request came from, what it presented, and why it was refused."""

    origin: Origin
    now: datetime
    client: Client | None = None
    code: AuthorizationCode | None = None
    is_code_read: bool = False
    refresh_token: RefreshToken | None = None
    reason: str = ""


def begin_exchange(request: HttpRequest) -> Exchange:
    exchange = Exchange(origin=origin_of(request), now=timezone.now())
    request.META[ENVIRON_KEY] = exchange
    return exchange


def exchange_of(request: Any) -> Exchange:
    """The exchange of an oauthlib request."""
    exchange: Exchange = request.headers[ENVIRON_KEY]
    return exchange
