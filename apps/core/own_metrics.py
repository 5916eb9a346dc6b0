"""What every installation tells of itself: requests, rate limits, dependencies, scheduled tasks."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from prometheus_client.core import Metric

from apps.core.health import readiness_now
from apps.core.metrics import Counter, Figures, Histogram, gauge
from apps.core.schedule import schedule
from apps.core.task_runs import last_runs

REQUESTS = Counter("http_requests", "Requests answered by the web processes.", ("view", "method", "status"))
DURATIONS = Histogram("http_request_duration_seconds", "From a request's arrival to its answer.", ("view",))
RATE_LIMITED = Counter(
    "rate_limit_refusals", "Requests that a rate limit refused, or that began a block.", ("limit",)
)


def _installation(now: datetime) -> Iterable[Metric]:
    yield gauge("build_info", "The version that runs.", {(settings.VERSION,): 1.0}, labels=("version",))


def _dependencies(now: datetime) -> Iterable[Metric]:
    answers = readiness_now().answers.items()
    yield gauge(
        "dependency_up",
        "Whether what an answer needs is there; the checks of /readyz.",
        {(name,): float(is_ready) for name, is_ready in answers},
        labels=("dependency",),
    )


def _tasks(now: datetime) -> Iterable[Metric]:
    tasks = schedule()
    runs = last_runs(each.task for each in tasks)
    yield gauge(
        "scheduled_task_age_seconds",
        "Since the last run of a scheduled task ended.",
        {(name,): max((now - run.ended_at).total_seconds(), 0.0) for name, run in runs.items()},
        labels=("task",),
    )
    yield gauge(
        "scheduled_task_failed",
        "Whether the last run of a scheduled task failed.",
        {(name,): float(bool(run.error)) for name, run in runs.items()},
        labels=("task",),
    )
    yield gauge(
        "scheduled_task_interval_seconds",
        "How often a scheduled task is to run.",
        {(each.task,): each.every.total_seconds() for each in tasks},
        labels=("task",),
    )


INSTALLATION = Figures("installation", _installation)
DEPENDENCIES = Figures("dependencies", _dependencies)
TASKS = Figures("scheduled_tasks", _tasks)
