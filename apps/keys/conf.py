"""How signing keys follow one another."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

# What a relying party's clock, a request under way and a cached key set may add to a token's life.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class RotationPolicy:
    """`every`: how long a key signs. `ahead`: how long its successor is published before it signs."""

    every: timedelta
    ahead: timedelta


def rotation_policy() -> RotationPolicy:
    return RotationPolicy(
        every=timedelta(days=settings.SIGNING_KEY_DAYS),
        ahead=timedelta(days=settings.SIGNING_KEY_PUBLISHED_DAYS),
    )
