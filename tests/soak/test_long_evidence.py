"""Evidence from a long log takes longer to write and to verify, and no more memory."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from apps.audit import gatehouse_verify
from apps.audit.services.evidence import EvidenceRequest, export_evidence
from apps.audit.services.sealing import seal_pending
from apps.keys.services.signing_keys import ensure_signing_keys
from tests.factories.audit_log import write_events
from tests.services.soak import times

START = datetime(2026, 11, 23, 13, 29, tzinfo=UTC)
STEP = timedelta(microseconds=100)
# Longer than what is read at a time, so that what is read at a time is the same for both.
SHORT = times(5_000, soak=20_000)
LONG = SHORT * times(2, soak=8)
SLACK_BYTES = 2**20


@pytest.mark.soak
@pytest.mark.django_db
def test_evidence_of_any_length_is_written_and_verified_in_the_same_memory(tmp_path: Path) -> None:
    ensure_signing_keys(now=START - timedelta(days=1))
    write_events(LONG, start=START, step=STEP)
    assert seal_pending(now=START + timedelta(minutes=5)) >= LONG
    peaks = []
    for count in (SHORT, LONG):
        path = tmp_path / f"{count}.zip"
        peaks.append((_peak_of(partial(_export, path, count)), _peak_of(partial(_verify, path, count))))
    (short_export, short_check), (long_export, long_check) = peaks
    assert long_export < short_export + SLACK_BYTES
    assert long_check < short_check + SLACK_BYTES


def _export(path: Path, count: int) -> None:
    request = EvidenceRequest(start=START, end=START + count * STEP)
    evidence = export_evidence(request=request, output=path, now=START + timedelta(hours=1))
    assert evidence.counts.count == count


def _verify(path: Path, count: int) -> None:
    with path.open("rb") as file:
        assert gatehouse_verify.verify(gatehouse_verify.Bundle(file)).counts.shown == count


def _peak_of(work: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
