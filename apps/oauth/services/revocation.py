"""Revocation by the client: any token of a family ends the whole family. Spec: RFC 7009 §2.1."""

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.oauth.events import OAuthAction
from apps.oauth.exchange import Exchange
from apps.oauth.models import AccessToken, Authorization, Client, RefreshToken
from apps.oauth.selectors import LONGEST_TOKEN
from apps.oauth.services.authorizations import revoke_authorization
from apps.oauth.subjects import client_subject
from apps.oauth.token_values import digest


@transaction.atomic
def revoke_presented_token(*, value: str, client: Client, exchange: Exchange) -> bool:
    """Whether there was something alive of this client to end."""
    if len(value) > LONGEST_TOKEN:
        return False
    found: AccessToken | RefreshToken | None = (
        AccessToken.objects.select_related("authorization")
        .filter(token_checksum=digest(value), application=client)
        .first()
    ) or (
        RefreshToken.objects.select_related("authorization")
        .filter(token_checksum=digest(value), application=client)
        .first()
    )
    if found is None:
        return False
    if found.authorization is not None:
        return revoke_authorization(
            authorization=found.authorization,
            reason=Authorization.RevokeReason.CLIENT,
            actor=client_subject(client),
            origin=exchange.origin,
            now=exchange.now,
        )
    return _revoke_own_token(token_id=found.pk, client=client, exchange=exchange)


def _revoke_own_token(*, token_id: int, client: Client, exchange: Exchange) -> bool:
    """A token that the client got for itself hangs on no person's authorization."""
    ended = AccessToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=exchange.now)
    if ended:
        record_event(
            action=OAuthAction.TOKEN_REVOKED,
            outcome=Outcome.SUCCESS,
            actor=client_subject(client),
            origin=exchange.origin,
            now=exchange.now,
            target=Subject(kind="access_token", id=str(token_id)),
            client_id=str(client.pk),
        )
    return bool(ended)
