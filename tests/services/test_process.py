"""Self-tests of how child processes are started and waited for."""

import sys
from pathlib import Path

import pytest

from tests.services.process import ServiceError, answers, free_port, start


def test_service_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    service = start(
        "Broken", [sys.executable, "-c", "raise SystemExit('no such file: keys')"], log=tmp_path / "log"
    )
    with pytest.raises(ServiceError, match="no such file: keys"):
        service.wait_until(lambda: False, timeout_seconds=20)


def test_service_that_never_answers_is_stopped(tmp_path: Path) -> None:
    service = start(
        "Silent", [sys.executable, "-c", "input() or 0; import time; time.sleep(60)"], log=tmp_path / "log"
    )
    with pytest.raises(ServiceError):
        service.wait_until(lambda: False, timeout_seconds=0.1)
    assert service.process.wait(10) is not None


def test_service_is_stopped_and_its_port_closed(tmp_path: Path) -> None:
    port = free_port()
    service = start(
        "Web", [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], log=tmp_path / "log"
    )
    service.wait_until(lambda: answers(port), timeout_seconds=20)
    service.stop()
    assert not answers(port)
