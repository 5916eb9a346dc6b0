"""What probes are told about a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.core.health import ReadinessCheck, readiness
from apps.keys.models import SigningKey
from tests.factories.keys import make_signing_keys
from tests.services.process import free_port

pytestmark = pytest.mark.django_db


@contextmanager
def cache_away(settings: Settings) -> Iterator[None]:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    yield


def ask(path: str, **headers: Any) -> tuple[int, dict[str, Any]]:
    answer = Client().get(path, **headers)
    return answer.status_code, answer.json()


def test_process_that_has_everything_is_ready() -> None:
    make_signing_keys()
    checks = {"database": "ok", "cache": "ok", "signing_keys": "ok"}
    assert ask("/readyz") == (200, {"status": "ok", "checks": checks})


def test_process_without_what_is_essential_is_not_ready() -> None:
    assert not SigningKey.objects.exists()
    status, answer = ask("/readyz")
    assert (status, answer["status"], answer["checks"]["signing_keys"]) == (503, "unavailable", "failed")
    status, answer = ask("/health")
    assert (status, answer["status"]) == (200, "unavailable")


def test_cache_that_is_away_takes_nobody_out_of_service(settings: Settings) -> None:
    make_signing_keys()
    with cache_away(settings):
        status, answer = ask("/readyz")
    assert (status, answer["status"], answer["checks"]["cache"]) == (200, "degraded", "failed")


def test_why_something_failed_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bool:
        raise OSError("postgresql://gatehouse:hunter2@db/gatehouse")

    with readiness.replaced(ReadinessCheck("database", fail)):
        status, answer = ask("/readyz")
    assert (status, answer) == (503, {"status": "unavailable", "checks": {"database": "failed"}})
    assert "hunter2" not in caplog.text


def test_being_alive_asks_nothing_of_anybody(settings: Settings) -> None:
    with cache_away(settings), CaptureQueriesContext(connection) as captured:
        assert ask("/healthz") == (200, {"status": "ok"})
    assert not captured.captured_queries


def test_health_says_version_and_since_when() -> None:
    status, answer = ask("/health")
    assert status == 200
    assert set(answer) == {"status", "timestamp", "uptime", "version"}
    assert datetime.fromisoformat(answer["timestamp"]).tzinfo is not None
    assert answer["uptime"] >= 0


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz"])
def test_probes_reach_it_by_address_and_leave_no_trace(path: str) -> None:
    make_signing_keys()
    cache.clear()
    answer = Client().get(path, headers={"host": "10.1.2.3:8000"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert Client().post(path).status_code == 405
