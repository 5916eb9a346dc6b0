"""Signing and reading JWTs with the installation's own keys. Spec: RFC 7515, RFC 7519, RFC 8725."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jwcrypto.common import JWException
from jwcrypto.jws import JWS

from apps.keys.errors import NoSigningKey
from apps.keys.key_material import KEY_BEHIND, parse
from apps.keys.models import SigningKey
from apps.keys.selectors import active_key, private_key

TOKENS = SigningKey.Purpose.TOKENS
LONGEST_JWT = 16_384
# Nothing but the compact form: the JSON forms carry headers that no signature covers.
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})


def sign_jwt(*, claims: Mapping[str, Any], algorithm: str, typ: str) -> str:
    """`algorithm` is the name that the header carries: one of KEY_BEHIND. Raises: NoSigningKey."""
    key = active_key(purpose=TOKENS, algorithm=KEY_BEHIND.get(algorithm, algorithm))
    private = private_key(key.kid)
    if not private.has_private:
        raise NoSigningKey(f"{key.kid} was retired this moment")
    _remember_lifetime(key, claims)
    token = JWS(json.dumps(claims, separators=(",", ":")).encode())
    header = {"alg": algorithm, "kid": key.kid, "typ": typ}
    token.add_signature(private, protected=json.dumps(header, separators=(",", ":")))
    signed: str = token.serialize(compact=True)
    return signed


def _remember_lifetime(key: SigningKey, claims: Mapping[str, Any]) -> None:
    """How long its tokens live decides how long a key verifies: written when one lives longer than any before."""
    seconds = int(claims.get("exp", 0)) - int(claims.get("iat", 0))
    if seconds > key.longest_token_seconds:
        SigningKey.objects.filter(pk=key.pk, longest_token_seconds__lt=seconds).update(
            longest_token_seconds=seconds
        )


def read_own_jwt(token: str, *, typ: str) -> dict[str, Any] | None:
    """The claims of a JWT that this installation signed, or None; times are the caller's to judge.

    The key is found by `kid` among our own, retired ones too, but for those that somebody else may have. It
    decides the algorithm; headers that would name another key
    (`jwk`, `jku`, `x5u`) or demand an extension (`crit`) are refused.
    """
    if len(token) > LONGEST_JWT or not COMPACT.fullmatch(token):
        return None
    parsed = JWS()
    try:
        parsed.deserialize(token)
        header = parsed.jose_header
        if not isinstance(header, dict) or set(header) != HEADER_MEMBERS or header["typ"] != typ:
            return None
        trusted = SigningKey.objects.filter(purpose=TOKENS, compromised_at__isnull=True)
        key = trusted.filter(kid=str(header["kid"])).defer("private_jwk").first()
        algorithm = str(header["alg"])
        if key is None or KEY_BEHIND.get(algorithm) != key.algorithm:
            return None
        parsed.allowed_algs = [algorithm]
        parsed.verify(parse(key.public_jwk), alg=algorithm)
        claims = json.loads(parsed.payload)
    except (JWException, ValueError, TypeError):
        return None
    return claims if isinstance(claims, dict) else None
