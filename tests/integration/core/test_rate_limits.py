"""How often something may be tried, in the cache of one process and in the Redis that many share."""

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from freezegun import freeze_time
from pytest_django import Settings

from apps.core import rate_limits
from apps.core.circuit_breaker import CircuitBreaker
from apps.core.rate_limits import RateLimit, Standing, charge, rate_limit, standing
from identity.rate_limits import DEFAULTS, Numbers
from tests.services.process import free_port, running
from tests.services.redis_server import start_redis

LIMIT = RateLimit("test", quota=3, window=timedelta(minutes=1), block=timedelta(minutes=5))
NOW = datetime(2026, 11, 23, 9, 0, 10, tzinfo=UTC)


@dataclass
class Clock:
    at: float = 0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(autouse=True)
def limited(settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 100


@pytest.fixture(params=["memory", "redis"])
def shared(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": url,
                "OPTIONS": {"serializer": "apps.core.cache_format.JsonFormat"},
            }
        }
    cache.clear()
    yield
    cache.clear()


def tries(count: int, subject: str = "kim", *, now: datetime = NOW) -> list[Standing]:
    return [charge(LIMIT, subject, now=now) for _ in range(count)]


def seconds_of_a_try() -> float:
    began = time.monotonic()
    tries(1)
    return time.monotonic() - began


def test_every_named_limit_is_one_that_something_is_charged_to() -> None:
    """A name that nothing asks for would be a setting without effect."""
    apps = Path(rate_limits.__file__).parent.parent
    source = "".join(path.read_text(encoding="utf-8") for path in apps.rglob("*.py"))
    assert sorted(re.findall(r'\brate_limit\("([a-z-]+)"\)', source)) == sorted(DEFAULTS)
    # What is declared in place is in no list, and nobody can set it.
    assert source.count("RateLimit(\n") + source.count('RateLimit("') == 1


def test_limit_has_the_numbers_of_the_installation(settings: Settings) -> None:
    settings.RATE_LIMITS = {"api": Numbers(7, 30, 90)}
    assert rate_limit("api") == RateLimit(
        "api", quota=7, window=timedelta(seconds=30), block=timedelta(seconds=90)
    )


@pytest.mark.usefixtures("shared")
def test_more_than_the_quota_is_refused() -> None:
    found = tries(5)
    assert [one.is_allowed for one in found] == [True, True, True, False, False]
    assert [one.remaining for one in found] == [2, 1, 0, 0, 0]
    assert [one.has_begun for one in found] == [False, False, False, True, False]
    assert charge(LIMIT, "alex", now=NOW).is_allowed


@pytest.mark.usefixtures("shared")
def test_block_ends_when_it_said_and_is_not_lengthened_by_trying() -> None:
    with freeze_time(NOW) as clock:
        tries(4)
        clock.move_to(NOW + timedelta(minutes=4))
        (late,) = tries(1, now=NOW + timedelta(minutes=4))
        assert late.retry_after == 60
        assert not standing(LIMIT, "kim", now=NOW + timedelta(minutes=4, seconds=59)).is_allowed
        assert charge(LIMIT, "kim", now=NOW + timedelta(minutes=5)).is_allowed


@pytest.mark.usefixtures("shared")
def test_looking_is_not_counted() -> None:
    assert all(standing(LIMIT, "kim", now=NOW).is_allowed for _ in range(20))
    assert tries(3)[-1].is_allowed


@pytest.mark.usefixtures("shared")
def test_next_window_starts_anew() -> None:
    assert tries(3)[-1].is_allowed
    assert tries(3, now=NOW + timedelta(minutes=1))[-1].is_allowed


@pytest.mark.usefixtures("shared")
def test_twenty_at_once_get_no_more_than_the_quota() -> None:
    with ThreadPoolExecutor(20) as pool:
        allowed = list(pool.map(lambda _: charge(LIMIT, "kim", now=NOW).is_allowed, range(20)))
    assert sum(allowed) == LIMIT.quota


@pytest.mark.parametrize(("percent", "allowed"), [(0, 20), (10, 1), (200, 6)])
def test_limits_are_scaled_or_switched_off(settings: Settings, percent: int, allowed: int) -> None:
    settings.RATE_LIMIT_PERCENT = percent
    assert sum(one.is_allowed for one in tries(20)) == allowed


def test_cache_that_is_away_keeps_nobody_out(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    assert all(one.is_allowed for one in tries(5))


def test_cache_that_hangs_is_waited_for_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(rate_limits, "breaker", CircuitBreaker(rest_seconds=5, clock=clock))
    patience = 0.5
    service, url = start_redis(tmp_path)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "OPTIONS": {"socket_connect_timeout": patience, "socket_timeout": patience},
        }
    }
    with running(service):
        assert not tries(4)[-1].is_allowed
        service.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert all(one.is_allowed for one in tries(50))
        assert patience <= time.monotonic() - began < 2 * patience
        # After a rest one asks, the others go on without.
        clock.at += 5
        began = time.monotonic()
        with ThreadPoolExecutor(10) as pool:
            took = sorted(pool.map(lambda _: seconds_of_a_try(), range(10)))
        assert took[-2] < patience <= took[-1]
        service.process.send_signal(signal.SIGCONT)
        assert tries(1)[0].is_allowed
        clock.at += 5
        assert not tries(1)[0].is_allowed


def test_answer_says_how_long_to_wait() -> None:
    allowed, *_, refused = tries(4)
    assert allowed.headers == {"RateLimit-Policy": '"test";q=3;w=60', "RateLimit": '"test";r=2;t=60'}
    assert refused.headers == {
        "RateLimit-Policy": '"test";q=3;w=60',
        "RateLimit": '"test";r=0;t=300',
        "Retry-After": "300",
    }
