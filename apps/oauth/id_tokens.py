"""The ID token's claims. Spec: OIDC Core §2, §3.1.3.6; Back-Channel Logout §2.1 (sid)."""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.oauth.claims import claims_for
from apps.oauth.conf import id_token_lifetime
from apps.oauth.models import Authorization

TYP = "JWT"
PASSWORD_ACR = "urn:gatehouse:acr:password"  # noqa: S105 - a class of authentication


def id_token_claims(
    *, authorization: Authorization, scopes: Collection[str], access_token: str, nonce: str, now: datetime
) -> dict[str, Any]:
    issued_at = int(now.timestamp())
    claims = {
        **claims_for(authorization.user, scopes),
        "iss": settings.BASE_URL,
        "aud": authorization.client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(id_token_lifetime().total_seconds()),
        "auth_time": int(authorization.auth_time.timestamp()),
        "acr": PASSWORD_ACR,
        "amr": authorization.amr,
        "at_hash": _left_half_hash(access_token),
    }
    if authorization.session_id:
        claims["sid"] = str(authorization.session_id)
    if nonce:
        claims["nonce"] = nonce
    return claims


def _left_half_hash(value: str) -> str:
    """RS256 and ES256 both hash with SHA-256."""
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
