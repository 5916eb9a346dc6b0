"""Child processes of the test run: started on free ports, waited for, and never outliving it."""

import contextlib
import ctypes
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServiceError(RuntimeError):
    """A service that a test needs did not start; the message carries the end of its log."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def tail(path: Path, lines: int = 60) -> str:
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def die_with_parent() -> None:
    # A test run that is killed outright runs no clean-up; the kernel then ends its children.
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Service:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_seconds: float = 60) -> None:
        """Returns when it is ready. Raises: ServiceError when it ends first or takes too long."""
        deadline = time.monotonic() + timeout_seconds
        while not is_ready():
            if self.process.poll() is not None:
                raise ServiceError(f"{self.name} ended with {self.process.returncode}:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServiceError(f"{self.name} did not answer in {timeout_seconds} s:\n{tail(self.log)}")
            time.sleep(0.05)

    def stop(self, *, with_signal: signal.Signals = signal.SIGTERM, grace_seconds: float = 10) -> None:
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
) -> Service:
    """Starts the command in its own session, so that Ctrl-C reaches the tests and not their services."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            preexec_fn=die_with_parent,
            user=user,
            group=group_of(user),
            extra_groups=None if user is None else (),
        )
    return Service(name, process, log)


def group_of(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    try:
        yield service
    finally:
        service.stop()
