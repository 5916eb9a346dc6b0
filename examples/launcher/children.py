"""Child processes with their logs: each line is stamped and prefixed, and nobody is left behind."""

import contextlib
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from examples.launcher.plan import PROJECT_DIR

STOP_SECONDS = 10.0
PROBE_SECONDS = 2.0
TAIL_LINES = 20


class StepFailed(Exception):
    """A preparing command ended with an error; the text is what it said, without a traceback."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_url: str
    reader: threading.Thread

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.ready_url, timeout=PROBE_SECONDS) as response:  # noqa: S310 - our own
                return bool(response.status < 500)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except OSError:
            return False

    def has_died(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        self.reader.join(timeout=1)
        return tail(self.log)


def run_step(command: Sequence[str], *, env: Mapping[str, str], log: Path) -> str:
    """Runs a command to its end and returns what it printed, which goes to the log as well if it failed.

    Raises: StepFailed.
    """
    with log.open("ab") as errors:
        before = errors.tell()  # the child writes through the same position as soon as it runs
        with _spawn(command, env, stderr=errors) as process:
            try:
                printed, _ = process.communicate()
            except (
                BaseException
            ):  # Also Ctrl-C: the child is in a group of its own and would go on by itself.
                _signal_group(process, signal.SIGKILL)
                raise
    if process.returncode != 0:
        said = log.read_bytes()[before:]
        with log.open("ab") as file:
            file.write(printed)
        raise StepFailed(_complaint(said) or _complaint(printed))
    return printed.decode(errors="replace")


def _complaint(output: bytes) -> str:
    """The last lines; of a traceback only the error at its end."""
    lines = output.decode(errors="replace").strip().splitlines()[-TAIL_LINES:]
    last_frame = max((at for at, line in enumerate(lines) if line.startswith("  File ")), default=-1)
    if last_frame >= 0:
        lines = lines[last_frame + 1 :]
        while lines and lines[0].startswith(" "):
            del lines[0]
    return "\n".join(lines)


def start(name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, ready_url: str) -> Child:
    process = _spawn(command, env, stderr=subprocess.STDOUT)
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    reader = threading.Thread(target=_write_log, args=(name, process.stdout, log), daemon=True)
    reader.start()
    return Child(name, process, log, ready_url, reader)


def stop(children: Sequence[Child]) -> None:
    """Asks all of them to end, in the reverse order of their start, and ends those that do not."""
    for child in reversed(children):
        _signal_group(child.process, signal.SIGTERM)
    for child in reversed(children):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=STOP_SECONDS)
        _signal_group(child.process, signal.SIGKILL)
        child.process.wait()
        child.reader.join(timeout=1)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _spawn(
    command: Sequence[str], env: Mapping[str, str], *, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C in the terminal reaches the launcher alone, which then stops all in order.
    return subprocess.Popen(
        command,
        cwd=PROJECT_DIR,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )


def _write_log(name: str, output: IO[bytes], log: Path) -> None:
    with output, log.open("ab") as file:
        for line in output:
            at = datetime.now().astimezone().isoformat(timespec="milliseconds")
            file.write(f"{at} [{name}] ".encode() + line)
            file.flush()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """The whole group: a server may have workers of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
