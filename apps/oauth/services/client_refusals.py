"""Callers that could not prove to be the client they named."""

from django.db import transaction

from apps.audit.ports import ANONYMOUS, Outcome
from apps.audit.services.record import record_event
from apps.oauth.events import OAuthAction
from apps.oauth.exchange import Exchange
from apps.oauth.subjects import client_subject


@transaction.atomic
def record_client_refusal(*, endpoint: str, exchange: Exchange) -> None:
    named = exchange.client
    record_event(
        action=OAuthAction.CLIENT_REFUSED,
        outcome=Outcome.REFUSED,
        actor=ANONYMOUS,
        origin=exchange.origin,
        now=exchange.now,
        target=client_subject(named) if named else None,
        client_id=str(named.pk) if named else "",
        details={"endpoint": endpoint, "reason": "invalid_client"},
    )
