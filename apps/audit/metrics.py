"""What is told of the log: how much of it there is, how far the seals are behind, what verification found."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import Metric

from apps.audit.selectors import is_readable, last_seal_number, latest_verification, sealing_backlog
from apps.core.metrics import Figures, gauge, running_total


def _log(now: datetime) -> Iterable[Metric]:
    yield running_total(
        "audit_events_sealed", "Events that have a seal: the length of the log.", last_seal_number()
    )
    backlog = sealing_backlog()
    yield gauge(
        "audit_log_readable",
        "Whether the newest seal and checkpoint can be read; 0 means tampering, and nothing more is sealed.",
        float(backlog is not None),
    )
    yield gauge("audit_events_unsealed", "Events that wait for a seal.", backlog.count if backlog else None)
    oldest = backlog.oldest_at if backlog else None
    lag = max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
    yield gauge(
        "audit_seal_lag_seconds",
        "For how long the oldest event without a seal has waited for it.",
        lag if backlog else None,
    )


def _verification(now: datetime) -> Iterable[Metric]:
    run = latest_verification()
    is_known = run is not None and is_readable(run)
    yield gauge(
        "audit_verification_intact",
        "Whether the last verification found the log intact; 0 also when its outcome cannot be read.",
        float(is_known and run.is_intact) if run is not None else None,
    )
    yield gauge(
        "audit_verification_age_seconds",
        "Since the last verification of the log ended.",
        max((now - run.finished_at).total_seconds(), 0.0) if run is not None and is_known else None,
    )


LOG = Figures("audit_log", _log)
VERIFICATION = Figures("audit_verification", _verification)
