"""Token tables stay as large as what is alive."""

from datetime import datetime, timedelta

from apps.core.batches import delete_in_batches
from apps.oauth.conf import refresh_token_lifetime
from apps.oauth.models import AccessToken, Authorization, AuthorizationCode, PushedRequest, RefreshToken
from apps.oauth.services.idempotent_calls import remove_old_answers

# Used codes and refresh tokens stay recognisable for a while: a replay is a sign of theft.
REPLAYS_ARE_RECOGNISED = timedelta(days=1)


def remove_expired_tokens(*, now: datetime) -> int:
    """How many rows went."""
    lifetime = refresh_token_lifetime()
    before = now - REPLAYS_ARE_RECOGNISED
    return remove_old_answers(now=now) + sum(
        delete_in_batches(rows)
        for rows in (
            AccessToken.objects.filter(expires__lte=now),
            RefreshToken.objects.filter(expires__lte=before),
            AuthorizationCode.objects.filter(expires__lte=before),
            PushedRequest.objects.filter(expires_at__lte=now),
            Authorization.objects.filter(
                created_at__lte=before - lifetime, refresh_tokens__isnull=True, access_tokens__isnull=True
            ),
        )
    )
