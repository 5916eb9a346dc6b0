"""The ID token's claims. Spec: OIDC Core §2, §3.1.3.6; Back-Channel Logout §2.1 (sid)."""

import base64
import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.oauth.claims import claims_for
from apps.oauth.conf import id_token_lifetime
from apps.oauth.models import Authorization, Client

TYP = "JWT"
PASSWORD_ACR = "urn:gatehouse:acr:password"  # noqa: S105 - a class of authentication


def id_token_claims(
    *,
    authorization: Authorization,
    scopes: Collection[str],
    access_token: str,
    nonce: str,
    algorithm: str,
    now: datetime,
) -> dict[str, Any]:
    """`algorithm` is the one that will sign them: `at_hash` follows its hash."""
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
        "at_hash": left_half_hash(access_token, algorithm=algorithm),
    }
    if authorization.session_id:
        claims["sid"] = str(authorization.session_id)
    if nonce:
        claims["nonce"] = nonce
    return claims


def left_half_hash(value: str, *, algorithm: str) -> str:
    """By the hash of the signature: SHA-512 inside Ed25519 (RFC 8032 §5.1), SHA-256 in all others of ours."""
    is_ed25519 = algorithm in {Client.SigningAlgorithm.ED25519, Client.SigningAlgorithm.EDDSA}
    digest = (hashlib.sha512 if is_ed25519 else hashlib.sha256)(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
