"""The one journey of the launcher: check, prepare, start, wait, tell, watch, stop."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from examples.environment import ConfigurationError
from examples.launcher import ports
from examples.launcher.announcement import announcement
from examples.launcher.children import Child, StepFailed, run_step, start, stop
from examples.launcher.plan import PROJECT_DIR, Demonstration, Plan, manage, read_plan, sample

START_SECONDS = 90.0
LOOK_SECONDS = 0.2
LOGS = ("prepare", "gatehouse", "payroll", "payroll-api")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """The text is shown as it is, without a stack trace."""


class Stopped(BaseException):
    """Somebody asked us to stop; not an error, so `except Exception` lets it through."""


def main() -> int:
    """Exit status: 0 when stopped by a signal, 1 when something could not start or died."""
    children: list[Child] = []
    # What is kept is for its owner only, the databases too.
    os.umask(0o077)
    with _signals():
        try:
            plan = read_plan()
            _check_ports(plan)
            demonstration = _prepare(plan)
            _start(plan, demonstration, children)
            _wait_for_answers(children)
            say("\n" + announcement(plan, demonstration))
            _watch(children)
        except Stopped:
            say("\nStopping.")
            return 0
        except (ConfigurationError, CannotStart) as error:
            print(error, file=sys.stderr, flush=True)
            return 1
        finally:
            # A second Ctrl-C must not leave servers behind.
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            stop(children)
    return 1


def say(text: str) -> None:
    print(text, flush=True)


def _check_ports(plan: Plan) -> None:
    for port in plan.ports:
        obstacle = ports.obstacle(port)
        if obstacle:
            raise CannotStart(
                f"Port {port} cannot be used: {obstacle}. Choose others with PORT, for example "
                f"`make run PORT={plan.port + 100}`, which takes that one and the two after it."
            )


def _prepare(plan: Plan) -> Demonstration:
    try:
        plan.log_dir.mkdir(parents=True, exist_ok=True)
        for name in LOGS:
            plan.log(name).unlink(missing_ok=True)
    except OSError as error:
        raise CannotStart(
            f"{plan.log_dir} cannot be used: {error.strerror}. Name another place with DATA_DIR."
        ) from error
    env, log = plan.gatehouse_environment(), plan.log("prepare")
    if not (PROJECT_DIR / "manage.py").exists():
        raise CannotStart(f"manage.py is not in {PROJECT_DIR}; run this from a complete clone")
    try:
        say("Preparing the database …")
        run_step(manage("migrate", "--verbosity=1", "--no-color"), env=env, log=log)
        say("Making sure the demonstration data is there …")
        printed = run_step(
            manage("demo_data", "--relying-party", plan.payroll_url, "--json"), env=env, log=log
        )
    except StepFailed as error:
        raise CannotStart(f"Gatehouse could not be prepared. {error}\nThe whole story is in {log}") from error
    try:
        return Demonstration.from_json(json.loads(printed))
    except (ValueError, KeyError, TypeError) as error:
        raise CannotStart(f"manage.py demo_data printed something unexpected: {error!r}") from error


def _start(plan: Plan, demonstration: Demonstration, children: list[Child]) -> None:
    say("Starting Gatehouse and the sample applications …")
    children.append(
        start(
            "gatehouse",
            manage("serve", "--port", str(plan.port)),
            env=plan.gatehouse_environment(),
            log=plan.log("gatehouse"),
            ready_url=f"http://localhost:{plan.port}/.well-known/openid-configuration",
        )
    )
    if demonstration.payroll:
        children.append(
            start(
                "payroll",
                sample("relying_party"),
                env=plan.payroll_environment(demonstration.payroll),
                log=plan.log("payroll"),
                ready_url=f"{plan.payroll_url}/healthz",
            )
        )
    if demonstration.api:
        children.append(
            start(
                "payroll-api",
                sample("resource_server"),
                env=plan.api_environment(demonstration.api),
                log=plan.log("payroll-api"),
                ready_url=f"{plan.api_url}/healthz",
            )
        )


def _wait_for_answers(children: list[Child]) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = list(children)
    while waiting:
        _check_alive(children)
        waiting = [child for child in waiting if not child.answers()]
        if waiting and time.monotonic() > deadline:
            child = waiting[0]
            raise CannotStart(
                f"{child.last_words()}\n\n{child.name} did not answer at {child.ready_url} "
                f"within {START_SECONDS:.0f} seconds. Its log is {child.log}"
            )
        time.sleep(LOOK_SECONDS)


def _watch(children: list[Child]) -> None:
    while True:
        _check_alive(children)
        time.sleep(LOOK_SECONDS)


def _check_alive(children: list[Child]) -> None:
    for child in children:
        if child.has_died():
            raise CannotStart(
                f"{child.last_words()}\n\n{child.name} ended with status {child.process.returncode}, "
                f"so everything was stopped. Its log is {child.log}"
            )


@contextmanager
def _signals() -> Iterator[None]:
    def stop_now(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop_now) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
