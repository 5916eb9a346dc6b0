"""Which keys there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from jwcrypto.jwk import JWK

from apps.core.encrypted_columns import count_under_other_keys
from apps.core.encryption import keyring
from apps.core.health import ReadinessCheck
from apps.keys.conf import MARGIN
from apps.keys.errors import NoSigningKey
from apps.keys.key_material import parse
from apps.keys.models import SigningKey

NEEDED = (
    (SigningKey.Purpose.TOKENS, SigningKey.Algorithm.RS256),
    (SigningKey.Purpose.TOKENS, SigningKey.Algorithm.PS256),
    (SigningKey.Purpose.TOKENS, SigningKey.Algorithm.ES256),
    (SigningKey.Purpose.TOKENS, SigningKey.Algorithm.ED25519),
    (SigningKey.Purpose.AUDIT, SigningKey.Algorithm.ED25519),
)
FIELDS_COUNTED = 1_000
PUBLISHED = (SigningKey.State.PENDING, SigningKey.State.ACTIVE, SigningKey.State.RETIRING)


def token_jwks() -> dict[str, list[dict[str, str]]]:
    """The JWK set that relying parties verify tokens with. Spec: RFC 7517 §5."""
    keys = SigningKey.objects.filter(purpose=SigningKey.Purpose.TOKENS, state__in=PUBLISHED)
    return {"keys": list(keys.values_list("public_jwk", flat=True))}


def active_key(*, purpose: str, algorithm: str) -> SigningKey:
    """The key without its private half, which `private_key` has.

    Raises: NoSigningKey before `ensure_signing_keys` has run.
    """
    key = (
        SigningKey.objects.filter(purpose=purpose, algorithm=algorithm, state=SigningKey.State.ACTIVE)
        .defer("private_jwk")
        .first()
    )
    if key is None:
        raise NoSigningKey(f"{purpose} {algorithm}")
    return key


def keys_in_use() -> list[SigningKey]:
    """All that sign, verify or will sign, without their private halves."""
    return list(SigningKey.objects.filter(state__in=PUBLISHED).defer("private_jwk"))


def signing_since(key: SigningKey) -> datetime:
    return key.activated_at or key.created_at


def retires_at(key: SigningKey) -> datetime:
    """When nobody can hold a token any more that this key, which has stopped signing, signed."""
    stopped_at = key.superseded_at or signing_since(key)
    return stopped_at + timedelta(seconds=key.longest_token_seconds) + MARGIN


def missing_keys(keys: Iterable[SigningKey]) -> list[tuple[str, str]]:
    """Purpose and algorithm of each key that must exist and is not among the active ones."""
    there = {(key.purpose, key.algorithm) for key in keys if key.state == SigningKey.State.ACTIVE}
    return [needed for needed in NEEDED if needed not in there]


@dataclass(frozen=True)
class FieldKeys:
    """`under_old` values are not encrypted with the first key yet; counted up to FIELDS_COUNTED only."""

    ids: tuple[str, ...]
    under_old: int


def field_keys() -> FieldKeys:
    """Counts while there is more than one key, which is while they are being changed: it reads whole tables."""
    ids = keyring().key_ids
    return FieldKeys(ids, count_under_other_keys(limit=FIELDS_COUNTED) if len(ids) > 1 else 0)


@lru_cache(maxsize=32)
def private_key(kid: str) -> JWK:
    """Parsed once a process: loading an RSA key costs more than using it."""
    return parse(SigningKey.objects.get(kid=kid).private_jwk)


SIGNING_KEYS = ReadinessCheck("signing_keys", lambda: not missing_keys(keys_in_use()))
