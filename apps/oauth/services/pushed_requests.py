"""Authorization requests that clients leave ahead of sending a person. Spec: RFC 9126."""

import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.oauth.events import OAuthAction
from apps.oauth.exchange import Exchange
from apps.oauth.models import Client, PushedRequest
from apps.oauth.subjects import client_subject
from apps.oauth.token_values import RANDOM_BYTES, digest

URN = "urn:ietf:params:oauth:request_uri:"
REQUEST_URI = re.compile(re.escape(URN) + r"[A-Za-z0-9_-]{43}")
# The client sends the person at once; they then may have to sign in, or even to set a new password.
TO_OPEN = timedelta(seconds=90)
TO_FINISH = timedelta(hours=1)


@transaction.atomic
def push_request(*, client: Client, query: str, exchange: Exchange) -> str:
    """The request_uri that stands for it. `query` is as it would stand in the address of the authorization endpoint."""
    handle = secrets.token_urlsafe(RANDOM_BYTES)
    now = exchange.now
    PushedRequest.objects.create(
        client=client, handle_digest=digest(handle), query=query, created_at=now, expires_at=now + TO_OPEN
    )
    record_event(
        action=OAuthAction.AUTHORIZATION_PUSHED,
        outcome=Outcome.SUCCESS,
        actor=client_subject(client),
        origin=exchange.origin,
        now=now,
        target=client_subject(client),
        client_id=str(client.pk),
    )
    return URN + handle


def pushed_request(*, client_id: str, request_uri: str, now: datetime) -> PushedRequest | None:
    """What this client pushed under this request_uri, while it is good and not used."""
    if "\x00" in client_id or not REQUEST_URI.fullmatch(request_uri):
        return None
    return PushedRequest.objects.filter(
        handle_digest=digest(request_uri.removeprefix(URN)),
        client__client_id=client_id,
        used_at__isnull=True,
        expires_at__gt=now,
    ).first()


def open_request(pushed: PushedRequest, *, now: datetime) -> None:
    """A person has come with it: from here on they have the time that signing in may take."""
    if pushed.opened_at is None:
        PushedRequest.objects.filter(pk=pushed.pk, opened_at__isnull=True).update(
            opened_at=now, expires_at=now + TO_FINISH
        )


def use_up(pushed: PushedRequest, *, now: datetime) -> bool:
    """Whether this call is the one that used it: each is worth one answer. Spec: RFC 9126 §7.3."""
    return bool(
        PushedRequest.objects.filter(pk=pushed.pk, used_at__isnull=True, expires_at__gt=now).update(
            used_at=now
        )
    )
