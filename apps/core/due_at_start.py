"""A clock for background tasks that goes on where the one before it stopped, whatever becomes of its process."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from celery.beat import Scheduler
from django.utils import timezone

from apps.core.task_runs import UNREACHABLE, TaskRun, last_runs

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class DueAtStart(Scheduler):
    """Counts each interval from the last run that did its work, as noted in the cache.

    What never ran, failed last time or was missed is due at once: a process that is started anew every day would
    otherwise never come to what is done once a day. Where the cache is lost with the process, everything is due.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        entries: Mapping[str, Any] = self.schedule
        runs = _last_runs([entry.task for entry in entries.values()])
        now = timezone.now()
        for entry in entries.values():
            run = runs.get(entry.task)
            entry.last_run_at = min(run.ended_at, now) if run is not None and not run.error else NEVER


def _last_runs(names: list[str]) -> dict[str, TaskRun]:
    try:
        return last_runs(names)
    except UNREACHABLE:
        return {}
