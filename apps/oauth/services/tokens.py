"""Storing the tokens that were issued, and recording what was not."""

from dataclasses import dataclass
from datetime import timedelta

from apps.audit.ports import ANONYMOUS, Outcome, Subject
from apps.audit.services.record import record_event
from apps.oauth.conf import refresh_token_lifetime
from apps.oauth.events import OAuthAction
from apps.oauth.exchange import Exchange
from apps.oauth.models import AccessToken, Authorization, Client, RefreshToken
from apps.oauth.subjects import authorization_subject, client_subject
from apps.oauth.token_values import digest


@dataclass(frozen=True)
class NewTokens:
    """In clear, on their way to the client; only digests are stored."""

    access_token: str
    refresh_token: str
    scope: str
    expires_in: int


def store_tokens(
    *,
    tokens: NewTokens,
    client: Client,
    authorization: Authorization | None,
    grant_type: str,
    exchange: Exchange,
) -> AccessToken:
    now = exchange.now
    expires = now + timedelta(seconds=tokens.expires_in)
    access_token = AccessToken.objects.create(
        token="",
        token_checksum=digest(tokens.access_token),
        application=client,
        user=authorization.user if authorization else None,
        authorization=authorization,
        scope=tokens.scope,
        expires=expires,
    )
    if tokens.refresh_token and authorization is not None:
        RefreshToken.objects.create(
            token="",
            token_checksum=digest(tokens.refresh_token),
            application=client,
            user_id=authorization.user_id,
            authorization=authorization,
            expires=now + refresh_token_lifetime(),
        )
    _record_issue(
        tokens=tokens, client=client, authorization=authorization, grant_type=grant_type, exchange=exchange
    )
    return access_token


def _record_issue(
    *,
    tokens: NewTokens,
    client: Client,
    authorization: Authorization | None,
    grant_type: str,
    exchange: Exchange,
) -> None:
    user_id = str(authorization.user_id) if authorization else ""
    record_event(
        action=OAuthAction.TOKEN_ISSUED,
        outcome=Outcome.SUCCESS,
        actor=client_subject(client),
        origin=exchange.origin,
        now=exchange.now,
        target=Subject(kind="user", id=user_id) if user_id else client_subject(client),
        client_id=str(client.pk),
        session_id=str(authorization.session_id or "") if authorization else "",
        details={
            "grant_type": grant_type,
            "scope": tokens.scope,
            "expires_in": tokens.expires_in,
            "has_refresh_token": bool(tokens.refresh_token),
            "authorization": str(authorization.pk) if authorization else None,
        },
    )


def record_refusal(*, error: str, grant_type: str, exchange: Exchange) -> None:
    """The one event of a token request that got nothing. A replay ends the whole family first."""
    client = exchange.client
    is_known = client is not None and error != "invalid_client"
    record_event(
        action=OAuthAction.TOKEN_REFUSED,
        outcome=Outcome.REFUSED,
        # Whoever could not prove to be the client did not act as the client.
        actor=client_subject(client) if client and is_known else ANONYMOUS,
        origin=exchange.origin,
        now=exchange.now,
        target=_refused_target(exchange),
        client_id=str(client.pk) if client else "",
        details={"error": error, "reason": exchange.reason or error, "grant_type": grant_type[:64]},
    )


def _refused_target(exchange: Exchange) -> Subject | None:
    presented = exchange.code or exchange.refresh_token
    return authorization_subject(presented.authorization) if presented else None
