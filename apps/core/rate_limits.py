"""How often something may be tried, counted in the cache that all processes share.

What must hold without a cache is counted in the database (lock-out). Here a cache that is away limits nothing, which
the process log says: it must not keep everybody out, nor waiting.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import TimeoutError as RedisTimeoutError

from apps.core.circuit_breaker import CircuitBreaker
from apps.core.errors import DomainError
from apps.core.own_metrics import RATE_LIMITED
from apps.core.task_runs import UNREACHABLE

log = structlog.get_logger(__name__)
breaker = CircuitBreaker(rest_seconds=5)


@dataclass(frozen=True)
class RateLimit:
    """More than `quota` within `window` is refused for `block`."""

    name: str
    quota: int
    window: timedelta
    block: timedelta

    @property
    def scaled_quota(self) -> int:
        """As this installation scales it; 0 means that there is no limit."""
        return -(-self.quota * settings.RATE_LIMIT_PERCENT // 100)


def rate_limit(name: str) -> RateLimit:
    """The limit of this name, with the numbers of this installation."""
    numbers = settings.RATE_LIMITS[name]
    return RateLimit(
        name,
        quota=numbers.quota,
        window=timedelta(seconds=numbers.window),
        block=timedelta(seconds=numbers.block),
    )


@dataclass(frozen=True)
class Standing:
    """`retry_after` in seconds, 0 while it is allowed; `has_begun` tells the one refusal that begins a block."""

    limit: RateLimit
    remaining: int
    retry_after: int = 0
    has_begun: bool = False

    @property
    def is_allowed(self) -> bool:
        return not self.retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Spec: draft-ietf-httpapi-ratelimit-headers; RFC 6585 §4 (Retry-After)."""
        limit = self.limit
        window = int(limit.window.total_seconds())
        found = {
            "RateLimit-Policy": f'"{limit.name}";q={limit.scaled_quota};w={window}',
            "RateLimit": f'"{limit.name}";r={self.remaining};t={self.retry_after or window}',
        }
        if self.retry_after:
            found["Retry-After"] = str(self.retry_after)
        return found


class TooManyRequests(DomainError):
    code = "too_many_requests"
    http_status = 429
    message = _("Too many tries. Wait a while, then try again.")


def charge(limit: RateLimit, subject: str, *, now: datetime) -> Standing:
    """Count one try of `subject`. Tries during a block do not lengthen it."""
    return _judge(limit, subject, now=now, is_counted=True)


def standing(limit: RateLimit, subject: str, *, now: datetime) -> Standing:
    """Without counting: for what counts only when it fails."""
    return _judge(limit, subject, now=now, is_counted=False)


def _judge(limit: RateLimit, subject: str, *, now: datetime, is_counted: bool) -> Standing:
    quota = limit.scaled_quota
    if not quota:
        return Standing(limit, remaining=limit.quota)
    if not breaker.lets_ask():
        return Standing(limit, remaining=quota)
    try:
        found = _counted(limit, subject, now=now, is_counted=is_counted)
    except UNREACHABLE as error:
        if isinstance(error, TimeoutError | RedisTimeoutError):
            breaker.note_time_out()
        log.warning("rate_limit_not_counted", limit=limit.name, error=type(error).__name__)
        return Standing(limit, remaining=quota)
    breaker.note_answer()
    return found


def _counted(limit: RateLimit, subject: str, *, now: datetime, is_counted: bool) -> Standing:
    """Raises: one of UNREACHABLE."""
    quota = limit.scaled_quota
    # Names and addresses are personal: the cache holds digests.
    digest = hashlib.sha256(f"{limit.name}\n{subject}".encode()).hexdigest()[:40]
    at = int(now.timestamp())
    until = cache.get(f"rate:{digest}:until")
    if isinstance(until, int) and until > at:
        RATE_LIMITED.count(limit.name)
        return Standing(limit, remaining=0, retry_after=until - at)
    if not is_counted:
        return Standing(limit, remaining=quota)
    count = _count(f"rate:{digest}:{at // int(limit.window.total_seconds())}", limit.window)
    if count <= quota:
        return Standing(limit, remaining=quota - count)
    block = int(limit.block.total_seconds())
    has_begun = cache.add(f"rate:{digest}:until", at + block, timeout=block)
    RATE_LIMITED.count(limit.name)
    return Standing(limit, remaining=0, retry_after=block, has_begun=has_begun)


def _count(key: str, window: timedelta) -> int:
    cache.add(key, 0, timeout=2 * int(window.total_seconds()))
    return int(cache.incr(key))
