"""Self-test of the rule that CI accepts no test that did not run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.environment import PROJECT_DIR

SUITE = """
import pytest

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail(reason="not yet", strict=True)
def test_expected_to_fail():
    assert False

def test_passes():
    pass
"""


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_skips_fail_in_ci_only(tmp_path: Path, ci: str, status: int) -> None:
    suite = tmp_path / "test_suite.py"
    suite.write_text(SUITE, encoding="utf-8")
    loader = "from tests.services.no_skips import NoSkips, is_enforced; import pytest, sys; "
    run = f"{loader} sys.exit(pytest.main(sys.argv[1:], plugins=[NoSkips()] if is_enforced() else []))"
    plugins_off = [f"-pno:{name}" for name in ("django", "randomly", "xdist", "socket", "cacheprovider")]
    done = subprocess.run(
        [sys.executable, "-c", run, "-c", "/dev/null", "--rootdir", str(tmp_path), *plugins_off, str(suite)],
        cwd=PROJECT_DIR,
        env={"CI": ci, "PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("skipped tests fail in CI" in done.stdout) == bool(status)
