"""When each background task last ended, kept in the cache: whoever looks knows whether a worker is alive."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import Task
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

# What a cache raises that is away, or holds what we did not write.
UNREACHABLE = (OSError, RedisError, ValueError, TypeError, RecursionError)
KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TaskRun:
    """`error` names the kind of exception that ended it, and is empty when it did its work."""

    ended_at: datetime
    error: str


class NotedTask(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """What every task is made of. A cache that is away costs the note, never the work."""

    abstract = True

    def after_return(self, status: str, retval: Any, *args: Any, **kwargs: Any) -> None:
        note_run(self.name, now=timezone.now(), error="" if status == "SUCCESS" else type(retval).__name__)


def note_run(name: str, *, now: datetime, error: str = "") -> None:
    try:
        cache.set(_key(name), [now.isoformat(), error], timeout=KEPT.total_seconds())
    except UNREACHABLE as reason:
        log.warning("task_run_not_noted", task=name, error=str(reason))


def last_runs(names: Iterable[str]) -> dict[str, TaskRun]:
    """Of those that have ended since the cache was emptied, by name. Raises: one of UNREACHABLE."""
    keys = {_key(name): name for name in names}
    return {keys[key]: _run(*found) for key, found in cache.get_many(keys).items()}


def _run(ended_at: str, error: str) -> TaskRun:
    at = datetime.fromisoformat(ended_at)
    if at.tzinfo is None:
        raise ValueError(f"{ended_at} names no time zone")
    return TaskRun(at, str(error))


def _key(name: str) -> str:
    return f"task_runs:{name}"
