"""Gatehouse itself as its operators start it: migrated, served on a free port, with state of its own."""

import secrets
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.services.commands import Commands
from tests.services.environment import PROJECT_DIR, isolated_environment
from tests.services.postgresql import create_database
from tests.services.process import Service, ServiceError, free_port, start, tail

READY_PATH = "/.well-known/openid-configuration"


@dataclass
class Gatehouse:
    base_url: str
    env: dict[str, str]
    service: Service
    commands: Commands

    def manage(
        self, *arguments: str, input: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs a management command against this server's state.

        Raises: ServiceError with the command's output, unless `check` is off.
        """
        return _checked(self.commands.run(*arguments, input=input or ""), check=check)

    def log_tail(self, lines: int = 60) -> str:
        return tail(self.service.log, lines)

    def stop(self) -> None:
        self.commands.stop()
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
    return _checked(done, check=check)


def _checked(done: subprocess.CompletedProcess[str], *, check: bool) -> subprocess.CompletedProcess[str]:
    if check and done.returncode != 0:
        raise ServiceError(f"{done.args} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


# Migrating takes longer than most tests; what it makes is the same for every server.
_kept = TemporaryDirectory(prefix="gatehouse-migrated-")
DATABASE_FILE = "gatehouse.sqlite3"


@cache
def _migrated_file() -> Path:
    directory = Path(_kept.name)
    run_manage(
        "migrate", "--verbosity=0", env=isolated_environment(data_dir=directory, base_url="http://localhost")
    )
    return directory / DATABASE_FILE


@cache
def _migrated_database(server_url: str) -> str:
    name = f"gatehouse_migrated_{secrets.token_hex(4)}"
    with TemporaryDirectory() as directory:
        env = isolated_environment(
            data_dir=Path(directory),
            base_url="http://localhost",
            database_url=create_database(server_url, name),
        )
        run_manage("migrate", "--verbosity=0", env=env)
    return name


def migrated_state(directory: Path, *, server_url: str | None) -> str | None:
    """A database that is up to date and empty: its URL on that server, or a file of the data directory."""
    if server_url is None:
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(_migrated_file(), directory / DATABASE_FILE)
        return None
    return create_database(
        server_url, f"gatehouse_live_{secrets.token_hex(4)}", template=_migrated_database(server_url)
    )


def start_gatehouse(
    directory: Path, *, server_url: str | None, extra_env: dict[str, str] | None = None
) -> Gatehouse:
    """A migrated server that answers.

    `server_url` names a PostgreSQL server on which it gets a fresh database; without it the database is an
    SQLite file in the directory. `extra_env` adds to the server's environment.
    """
    port = free_port()
    base_url = f"http://localhost:{port}"
    (directory / "data").mkdir(parents=True, exist_ok=True)
    database_url = migrated_state(directory / "data", server_url=server_url)
    env = isolated_environment(data_dir=directory / "data", base_url=base_url, database_url=database_url)
    env |= {"PORT": str(port), "PYTHONWARNINGS": "default"} | (extra_env or {})
    service = start(
        "Gatehouse",
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        log=directory / "gatehouse.log",
        cwd=PROJECT_DIR,
        env=env,
    )
    service.wait_until(lambda: _is_ready(port))
    return Gatehouse(base_url, env, service, Commands(env))


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{READY_PATH}", timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        # It answers, and will not change its mind: show the page instead of waiting for the time-out.
        raise ServiceError(f"{READY_PATH} answered {error.code}:\n{error.read(2000).decode()}") from error
    except OSError:
        return False
