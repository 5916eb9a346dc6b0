"""Judging and using up what a client presents for tokens: a code or a refresh token, each worth one answer.

Every refusal leaves its reason in the exchange, for the log.
"""

from datetime import datetime

from apps.access.selectors import decide_access
from apps.audit.ports import ANONYMOUS
from apps.oauth.exchange import Exchange
from apps.oauth.models import Authorization, AuthorizationCode, Client, RefreshToken
from apps.oauth.selectors import is_live, scopes_in_force
from apps.oauth.services.authorizations import revoke_authorization
from apps.oauth.subjects import client_subject


def judge_code(*, code: AuthorizationCode | None, client: Client, exchange: Exchange) -> bool:
    """Whether the client may redeem it. A second use ends the whole family."""
    if code is None:
        exchange.reason = "unknown_code"
    elif code.application_id != client.pk:
        exchange.reason = "code_of_another_client"
    elif code.consumed_at is not None:
        _punish_replay(code, exchange=exchange)
    elif code.expires <= exchange.now:
        exchange.reason = "code_expired"
    else:
        exchange.reason = _why_ended(code.authorization, now=exchange.now)
    return not exchange.reason


def judge_refresh_token(*, token: RefreshToken | None, client: Client, exchange: Exchange) -> bool:
    """Whether the client may use it. A second use ends the whole family."""
    if token is None:
        exchange.reason = "unknown_refresh_token"
    elif token.application_id != client.pk:
        exchange.reason = "refresh_token_of_another_client"
    elif token.revoked is not None:
        _punish_replay(token, exchange=exchange)
    elif token.expires <= exchange.now:
        exchange.reason = "refresh_token_expired"
    else:
        exchange.reason = _why_ended(token.authorization, now=exchange.now)
    return not exchange.reason


def use_up(*, presented: AuthorizationCode | RefreshToken, exchange: Exchange) -> bool:
    """Whether this call is the one that may; whoever comes second at the same moment finds it used."""
    now = exchange.now
    if isinstance(presented, AuthorizationCode):
        codes = AuthorizationCode.objects.filter(pk=presented.pk, consumed_at__isnull=True, expires__gt=now)
        is_first = codes.update(consumed_at=now)
    else:
        tokens = RefreshToken.objects.filter(pk=presented.pk, revoked__isnull=True, expires__gt=now)
        is_first = tokens.update(revoked=now)
    if not is_first:
        _punish_replay(presented, exchange=exchange)
    return bool(is_first)


def _punish_replay(presented: AuthorizationCode | RefreshToken, *, exchange: Exchange) -> None:
    """Somebody holds a copy of what was used once: nothing that came from it may live on. Spec: RFC 9700 §4.14.2."""
    reason = (
        Authorization.RevokeReason.CODE_REPLAYED
        if isinstance(presented, AuthorizationCode)
        else Authorization.RevokeReason.REFRESH_REPLAYED
    )
    exchange.reason = reason.value
    revoke_authorization(
        authorization=presented.authorization,
        reason=reason,
        actor=client_subject(exchange.client) if exchange.client else ANONYMOUS,
        origin=exchange.origin,
        now=exchange.now,
    )


def _why_ended(authorization: Authorization, *, now: datetime) -> str:
    """Why nothing more comes from the authorization; empty while it stands."""
    if not is_live(authorization, client=authorization.client, user=authorization.user, now=now):
        return "authorization_ended"
    application = authorization.client.application
    if not decide_access(user=authorization.user, application=application, now=now).is_allowed:
        return "access_ended"
    return "" if scopes_in_force(authorization) else "scopes_withdrawn"
