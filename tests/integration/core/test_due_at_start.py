"""The clock of the background tasks: a restart forgets nothing and puts nothing off."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.utils import timezone

from apps.core.due_at_start import DueAtStart
from apps.core.task_runs import note_run
from identity.celery import app
from tests.services.process import free_port

DAILY = "audit.verify_log"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def is_due(name: str) -> bool:
    """To a clock that has just been started."""
    entries = DueAtStart(app=app, lazy=False).schedule.values()
    (entry,) = [entry for entry in entries if entry.task == name]
    is_due_now, _seconds = entry.is_due()
    return is_due_now


def test_both_clocks_are_of_this_kind() -> None:
    assert configured.CELERY_BEAT_SCHEDULER == "apps.core.due_at_start:DueAtStart"
    assert app.conf.beat_scheduler == configured.CELERY_BEAT_SCHEDULER


def test_what_never_ran_is_due_at_once() -> None:
    for entry in configured.CELERY_BEAT_SCHEDULE.values():
        assert is_due(str(entry["task"]))


def test_interval_goes_on_from_the_last_run() -> None:
    note_run(DAILY, now=timezone.now() - timedelta(hours=23))
    assert not is_due(DAILY)
    note_run(DAILY, now=timezone.now() - timedelta(hours=25))
    assert is_due(DAILY)


def test_run_that_failed_is_made_up_for() -> None:
    note_run(DAILY, now=timezone.now(), error="PortEmpty")
    assert is_due(DAILY)


def test_run_in_the_future_puts_nothing_off() -> None:
    note_run(DAILY, now=timezone.now() + timedelta(days=300))
    entry = next(e for e in DueAtStart(app=app, lazy=False).schedule.values() if e.task == DAILY)
    _is_due, seconds = entry.is_due()
    assert seconds < timedelta(days=2).total_seconds()


def test_clock_starts_without_the_cache(settings: Any) -> None:
    address = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}
    }
    assert is_due(DAILY)
