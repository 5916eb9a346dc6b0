"""A PostgreSQL server of our own, from installed binaries: thrown away, so it never waits for the disk."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import SIGQUIT
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from tests.services.process import Service, ServiceError, free_port, group_of, start
from tools.system_packages import INITDB, POSTGRES, Program

ROLE = "gatehouse"
# Durability is bought with time, and this cluster is deleted after the run.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
}
START_ATTEMPTS = 3


@dataclass
class Cluster:
    directory: Path
    service: Service
    url: str
    command: list[str]
    user: str | None

    def start_again(self) -> None:
        """After it ended: on the same port, with the same data. Waits until it accepts connections."""
        for attempt in range(1, START_ATTEMPTS + 1):
            # Children of the one that was killed hold its shared memory until they have noticed.
            self.service = _start(self.command, self.directory, self.user)
            try:
                self.service.wait_until(partial(_accepts, self.url))
                return
            except ServiceError:
                if attempt == START_ATTEMPTS:
                    raise
                time.sleep(attempt)

    def stop(self) -> None:
        self.service.stop(with_signal=SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)


def start_cluster(*, superuser: str = ROLE, keeps_commits: bool = False) -> Cluster:
    """A fresh cluster on a free loopback port; `url` names its empty database.

    `keeps_commits`: what was committed is there after its processes were killed, as in production.
    """
    user = _server_user()
    directory = Path(tempfile.mkdtemp(prefix="gatehouse-postgresql-"))
    password = secrets.token_urlsafe(24)
    password_file = directory / "password"
    password_file.write_text(password, encoding="utf-8")
    if user is not None:
        for path in (directory, password_file):
            shutil.chown(path, user=user)
    data = directory / "data"
    _initdb(data, password_file, user, superuser)
    for attempt in range(1, START_ATTEMPTS + 1):
        # Another process may take the port between the look and the start.
        port = free_port()
        durable = {"synchronous_commit": "on"} if keeps_commits else {}
        command = [_path(POSTGRES), "-D", str(data), *_options(port, directory, durable)]
        service = _start(command, directory, user)
        url = f"postgresql://{superuser}:{password}@127.0.0.1:{port}/postgres"
        try:
            service.wait_until(partial(_accepts, url))
        except ServiceError:
            if attempt == START_ATTEMPTS:
                raise
        else:
            return Cluster(directory, service, url, command, user)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _start(command: list[str], directory: Path, user: str | None) -> Service:
    return start(
        "PostgreSQL",
        command,
        log=directory / "log",
        cwd=directory,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        user=user,
    )


def create_database(server_url: str, name: str, *, template: str = "template1") -> str:
    """Creates the database, as a copy of another, on the server that the URL names; returns the URL of the new one."""
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
    finally:
        connection.close()
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def _path(program: Program) -> str:
    found = program.path()
    if found is None:
        raise ServiceError(
            f"{program.names[0]} is not installed (Debian package {program.debian_packages[0]})"
        )
    return found


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; its own user exists where Debian's package is installed."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _initdb(data: Path, password_file: Path, user: str | None, superuser: str) -> None:
    command = [
        _path(INITDB),
        f"--pgdata={data}",
        f"--username={superuser}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    done = subprocess.run(
        command,
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=group_of(user),
        extra_groups=None if user is None else (),
    )
    if done.returncode != 0:
        raise ServiceError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _options(port: int, directory: Path, more: Mapping[str, str]) -> list[str]:
    settings = {
        **SETTINGS,
        **more,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(directory),
    }
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


def _accepts(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
