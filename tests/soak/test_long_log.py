"""A log that is long takes longer to seal and to verify, and no more memory."""

import logging
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import verify_log
from apps.keys.services.signing_keys import ensure_signing_keys
from tests.factories.audit_log import write_events
from tests.services.soak import times

START = datetime(2026, 11, 23, 13, 29, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
BATCH_SIZE = times(10, soak=150)
# More checkpoints than verification reads at a time, so that what it reads at a time is the same for both.
SHORT = BATCH_SIZE * 60
LONG = SHORT * times(2, soak=4)
# What the collector has not picked up yet varies by this much; keeping the events would take several times more.
SLACK_BYTES = 2**20


@pytest.mark.soak
@pytest.mark.django_db
def test_log_of_any_length_is_sealed_and_verified_in_the_same_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Each checkpoint is a log line, and pytest would keep them all.
    caplog.set_level(logging.WARNING)
    ensure_signing_keys(now=START)
    peaks = []
    for written in (SHORT, LONG):
        write_events(written, start=START, step=timedelta(microseconds=100))
        peaks.append((_peak_of(_seal), _peak_of(_verify)))
    (short_sealing, short_verifying), (long_sealing, long_verifying) = peaks
    assert long_sealing < short_sealing + SLACK_BYTES
    assert long_verifying < short_verifying + SLACK_BYTES


def _seal() -> None:
    assert seal_pending(now=LATER, batch_size=BATCH_SIZE) >= SHORT


def _verify() -> None:
    report = verify_log(now=LATER)
    assert report.findings == []
    assert report.unsealed_count == 0


def _peak_of(work: Callable[[], None]) -> int:
    """Bytes allocated at the worst moment of the work, and not before it."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
