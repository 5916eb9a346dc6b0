"""In CI a test that did not run is a failure: what is not shown to work must not look as if it were."""

import os

import pytest


def is_enforced() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


class NoSkips:
    """Collects skipped and expected-to-fail tests in the controlling process; they fail the session."""

    def __init__(self) -> None:
        self.not_run: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.not_run.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.not_run.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.not_run and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.not_run:
            terminalreporter.section("skipped tests fail in CI", red=True)
            for nodeid in self.not_run:
                terminalreporter.line(nodeid)
