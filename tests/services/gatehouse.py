"""Gatehouse itself as its operators start it: migrated, served on a free port, with state of its own."""

import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.services.environment import PROJECT_DIR, isolated_environment
from tests.services.postgresql import create_database
from tests.services.process import Service, ServiceError, free_port, start, tail

READY_PATH = "/.well-known/openid-configuration"


@dataclass
class Gatehouse:
    base_url: str
    env: dict[str, str]
    service: Service

    def manage(
        self, *arguments: str, input: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs a management command against this server's state.

        Raises: ServiceError with the command's output, unless `check` is off.
        """
        return run_manage(*arguments, env=self.env, input=input, check=check)

    def log_tail(self, lines: int = 60) -> str:
        return tail(self.service.log, lines)

    def stop(self) -> None:
        self.service.stop()


def run_manage(
    *arguments: str, env: dict[str, str], input: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_DIR,
        env=env,
        input=input if input is not None else "",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if check and done.returncode != 0:
        raise ServiceError(
            f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done


def start_gatehouse(
    directory: Path, *, server_url: str | None, extra_env: dict[str, str] | None = None
) -> Gatehouse:
    """A migrated server that answers.

    `server_url` names a PostgreSQL server on which it gets a fresh database; without it the database is an
    SQLite file in the directory. `extra_env` adds to the server's environment.
    """
    port = free_port()
    base_url = f"http://localhost:{port}"
    database_url = None
    if server_url is not None:
        database_url = create_database(server_url, f"gatehouse_live_{secrets.token_hex(4)}")
    env = isolated_environment(data_dir=directory / "data", base_url=base_url, database_url=database_url)
    env |= {"PORT": str(port), "PYTHONWARNINGS": "default"} | (extra_env or {})
    (directory / "data").mkdir(parents=True, exist_ok=True)
    run_manage("migrate", "--verbosity=0", env=env)
    service = start(
        "Gatehouse",
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        log=directory / "gatehouse.log",
        cwd=PROJECT_DIR,
        env=env,
    )
    service.wait_until(lambda: _is_ready(port))
    return Gatehouse(base_url, env, service)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{READY_PATH}", timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        # It answers, and will not change its mind: show the page instead of waiting for the time-out.
        raise ServiceError(f"{READY_PATH} answered {error.code}:\n{error.read(2000).decode()}") from error
    except OSError:
        return False
