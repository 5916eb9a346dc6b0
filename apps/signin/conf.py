"""Settings of signing in, typed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class LockoutLimits:
    """Failures within `window` that lock for `duration`."""

    account_failures: int
    browser_failures: int
    address_failures: int
    window: timedelta
    duration: timedelta


def lockout_limits() -> LockoutLimits:
    limits: dict[str, Any] = settings.LOCKOUT
    return LockoutLimits(**limits)
