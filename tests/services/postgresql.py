"""A PostgreSQL server of our own, from installed binaries: thrown away, so it never waits for the disk."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
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

    def stop(self) -> None:
        self.service.stop(with_signal=SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)


def start_cluster() -> Cluster:
    """A fresh cluster on a free loopback port; `url` names its empty database."""
    user = _server_user()
    directory = Path(tempfile.mkdtemp(prefix="gatehouse-postgresql-"))
    password = secrets.token_urlsafe(24)
    password_file = directory / "password"
    password_file.write_text(password, encoding="utf-8")
    if user is not None:
        for path in (directory, password_file):
            shutil.chown(path, user=user)
    data = directory / "data"
    _initdb(data, password_file, user)
    for attempt in range(1, START_ATTEMPTS + 1):
        # Another process may take the port between the look and the start.
        port = free_port()
        service = start(
            "PostgreSQL",
            [_path(POSTGRES), "-D", str(data), *_options(port, directory)],
            log=directory / "log",
            cwd=directory,
            env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
            user=user,
        )
        url = f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/postgres"
        try:
            service.wait_until(partial(_accepts, url))
        except ServiceError:
            if attempt == START_ATTEMPTS:
                raise
        else:
            return Cluster(directory, service, url)
    raise AssertionError("unreachable: the last attempt returns or raises")


def create_database(server_url: str, name: str) -> str:
    """Creates the database on the server that the URL names; returns the URL of the new one."""
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
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


def _initdb(data: Path, password_file: Path, user: str | None) -> None:
    command = [
        _path(INITDB),
        f"--pgdata={data}",
        f"--username={ROLE}",
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


def _options(port: int, directory: Path) -> list[str]:
    settings = {
        **SETTINGS,
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
