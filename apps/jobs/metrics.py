"""What is told of jobs."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import Metric

from apps.core.metrics import Figures, gauge
from apps.jobs.selectors import queues


def _jobs(now: datetime) -> Iterable[Metric]:
    found = queues()
    yield gauge(
        "jobs",
        "Jobs that wait, run or gave up.",
        {(state,): float(queue.count) for state, queue in found.items()},
        labels=("state",),
    )
    yield gauge(
        "jobs_oldest_seconds",
        "For how long the oldest job has been due, has run or has waited for somebody after it gave up.",
        {
            (state,): max((now - queue.oldest_at).total_seconds(), 0.0) if queue.oldest_at else 0.0
            for state, queue in found.items()
        },
        labels=("state",),
    )


JOBS = Figures("jobs", _jobs)
