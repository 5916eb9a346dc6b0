"""`python -m examples` says what is in its way, keeps logs apart, and leaves nobody behind."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.launcher import ports
from examples.launcher.announcement import announcement
from examples.launcher.children import Child, StepFailed, run_step, start, stop
from examples.launcher.plan import ClientCredentials, Demonstration, Person, Plan
from tests.services.environment import PROJECT_DIR

PRINTED: dict[str, Any] = {
    "people": [{"username": "ada", "password": "correct horse", "role": "Administrator"}],
    "withheld": [{"username": "bob", "reason": "the password was changed"}],
    "clients": {
        "payroll": {
            "client_id": "p",
            "client_secret": "ps",
            "application": "Acme Payroll",
            "is_enabled": True,
        },
        "payroll-api": {
            "client_id": "a",
            "client_secret": "as",
            "application": "Acme Payroll API",
            "is_enabled": True,
        },
    },
}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """The one before it is free, so that it is the first of three in the way."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            if not ports.obstacle(port - 1):
                yield port
                return


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(port=8100, data_dir=tmp_path, issuer="http://localhost:8100", inherited={"PATH": "/bin"})


def python(program: str, tmp_path: Path) -> Child:
    log = tmp_path / "child.log"
    return start(
        "child", [sys.executable, "-c", program], env=os.environ, log=log, ready_url="http://[::1]:1/"
    )


def wait_for_line(child: Child, text: str) -> None:
    while text not in (child.log.read_text() if child.log.exists() else ""):
        assert not child.has_died(), child.last_words()


def test_taken_port_is_named_with_the_way_out(taken_port: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples"],
        cwd=PROJECT_DIR,
        env={**os.environ, "PORT": str(taken_port - 1), "DATA_DIR": str(tmp_path / "state"), "BASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"Port {taken_port} cannot be used" in done.stderr
    assert "PORT=" in done.stderr
    assert not (tmp_path / "state").exists()


def test_unusable_place_for_state_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    port = next(
        first for first in range(21000, 60000, 3) if not any(map(ports.obstacle, range(first, first + 3)))
    )
    done = subprocess.run(
        [sys.executable, "-m", "examples"],
        cwd=PROJECT_DIR,
        env={**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path / "file"), "BASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "DATA_DIR" in done.stderr


def test_port_taken_on_the_other_loopback_address_counts_as_taken() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert ports.obstacle(server.getsockname()[1])


def test_port_of_a_closed_server_is_free(taken_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert ports.obstacle(port) == ""
    assert ports.obstacle(taken_port)


def test_lines_of_a_child_are_stamped_and_prefixed(tmp_path: Path) -> None:
    child = python("print('hello'); raise SystemExit(3)", tmp_path)
    assert child.process.wait(timeout=30) == 3
    assert child.last_words().endswith("[child] hello")
    stop([child])


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_child_that_ignores_the_request_to_stop_is_ended_with_its_own_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examples.launcher.children.STOP_SECONDS", 0.2)
    stubborn = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = os.fork()\n"
        "if grandchild: print('started', grandchild, flush=True)\n"
        "while True: time.sleep(60)\n"
    )
    child = python(stubborn, tmp_path)
    wait_for_line(child, "started")
    stop([child])
    assert child.has_died()
    grandchild = int(child.log.read_text().split()[-1])
    deadline = time.monotonic() + 10
    # It was told to end with the others, and may be the last to be let.
    while not is_gone(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_failed_step_tells_its_last_words(tmp_path: Path) -> None:
    program = "import sys; print('half done'); print('the reason', file=sys.stderr); sys.exit(2)"
    log = tmp_path / "prepare.log"
    with pytest.raises(StepFailed, match=r"\Athe reason\Z"):
        run_step([sys.executable, "-c", program], env=os.environ, log=log)
    assert "half done" in log.read_text()


def test_failed_step_that_only_printed_tells_that(tmp_path: Path) -> None:
    program = "print('the reason'); raise SystemExit(2)"
    with pytest.raises(StepFailed, match=r"\Athe reason\Z"):
        run_step([sys.executable, "-c", program], env=os.environ, log=tmp_path / "prepare.log")


def test_traceback_of_a_step_stays_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "prepare.log"
    log.write_text("of the step before\n")
    with pytest.raises(StepFailed, match=r"\AValueError: the reason\Z"):
        run_step(
            [sys.executable, "-c", "def fail(): raise ValueError('the reason')\nfail()"],
            env=os.environ,
            log=log,
        )
    assert "Traceback" in log.read_text()


def test_samples_get_their_own_credentials_and_none_of_gatehouses_secrets(plan: Plan) -> None:
    plan = Plan(8100, plan.data_dir, plan.issuer, {"SECRET_KEY": "gatehouse", "CLIENT_SECRET_FILE": "/wrong"})
    payroll = plan.payroll_environment(ClientCredentials("p", "ps", "Acme Payroll", True))
    assert (payroll["CLIENT_ID"], payroll["CLIENT_SECRET"], payroll["PORT"]) == ("p", "ps", "8101")
    assert payroll["API_URL"] == "http://localhost:8102"
    assert "SECRET_KEY" not in payroll
    assert "CLIENT_SECRET_FILE" not in payroll
    assert plan.gatehouse_environment()["BASE_URL"] == "http://localhost:8100"


def test_announcement_names_addresses_people_and_places(plan: Plan) -> None:
    text = announcement(plan, Demonstration.from_json(PRINTED))
    for expected in (
        "http://localhost:8101/",
        "http://localhost:8100/admin/",
        "http://localhost:8100/mail/",
        "ada",
        "correct horse",
        "Administrator",
        "bob",
        "the password was changed",
        str(plan.log_dir),
        "Ctrl-C",
    ):
        assert expected in text
    assert len({len(line) for line in text.splitlines()}) == 1


@pytest.mark.parametrize(
    ("is_enabled", "words"), [(True, "start here: Wages"), (False, "Wages, disabled in the administration")]
)
def test_announcement_calls_the_application_what_it_is_called_now(
    plan: Plan, is_enabled: bool, words: str
) -> None:
    client = {**PRINTED["clients"]["payroll"], "application": "Wages", "is_enabled": is_enabled}
    text = announcement(plan, Demonstration.from_json({**PRINTED, "clients": {"payroll": client}}))
    assert words in text
    assert "start here: Acme Payroll" not in text


def test_announcement_names_no_kept_mails_when_they_are_sent(plan: Plan) -> None:
    sending = Plan(plan.port, plan.data_dir, plan.issuer, {"EMAIL_URL": "smtp://localhost"})
    assert "/mail/" not in announcement(sending, Demonstration.from_json(PRINTED))


def test_announcement_without_its_people_and_clients_says_so(plan: Plan) -> None:
    left = {"people": [], "withheld": [{"username": "ada", "reason": "deleted"}], "clients": {}}
    text = announcement(plan, Demonstration.from_json(left))
    assert "Nobody of the demonstration can sign in" in text
    assert "deleted" in text
    assert "Acme Payroll API" in text
    assert "http://localhost:8101/" not in text
    assert "http://localhost:8100/admin/" in text


def test_demonstration_keeps_the_two_clients_apart() -> None:
    demonstration = Demonstration.from_json(PRINTED)
    assert demonstration.people == (Person("ada", "correct horse", "Administrator"),)
    assert demonstration.payroll == ClientCredentials("p", "ps", "Acme Payroll", True)
    assert demonstration.api == ClientCredentials("a", "as", "Acme Payroll API", True)
