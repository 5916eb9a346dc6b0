"""Signing keys for tests, generated once a process: making an RSA key is slow."""

from functools import cache

from django.utils import timezone

from apps.keys.key_material import NewKey, generate
from apps.keys.models import SigningKey
from apps.keys.selectors import NEEDED


@cache
def _pair(_purpose: str, algorithm: str) -> NewKey:
    return generate(algorithm)


def make_signing_keys() -> None:
    """What `ensure_signing_keys` makes, without its events."""
    for purpose, algorithm in NEEDED:
        new = _pair(purpose, algorithm)
        SigningKey.objects.create(
            purpose=purpose, algorithm=algorithm, created_at=timezone.now(), **vars(new)
        )
