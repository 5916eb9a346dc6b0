"""Finds the programs that Gatehouse's tests start; on Debian as root it installs the missing ones.

Standard library only: it runs before anything is installed.

    python3 tools/system_packages.py venv       what `make run` needs beside python3
    python3 tools/system_packages.py test       what `make test` needs as well
    python3 tools/system_packages.py messages   what reads and compiles the catalogues of locale/
"""

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

MINIMUM_PYTHON = (3, 11)
# Debian keeps the server programs of PostgreSQL out of PATH, one directory for each version.
POSTGRESQL_DIRECTORIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)


@dataclass(frozen=True)
class Program:
    """One program under the names it goes by, and the Debian packages that bring it."""

    names: tuple[str, ...]
    debian_packages: tuple[str, ...]

    def path(self) -> str | None:
        for name in self.names:
            found = shutil.which(name)
            if found:
                return found
        return None


class Daemon(Program):
    """One that distributions keep where only root looks by itself."""

    def path(self) -> str | None:
        found = super().path()
        return found or shutil.which(self.names[0], path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


class PostgresqlProgram(Program):
    def path(self) -> str | None:
        directories = [match for pattern in POSTGRESQL_DIRECTORIES for match in glob.glob(pattern)]
        newest_first = sorted(directories, key=_version_in, reverse=True)
        beside = shutil.which(self.names[0], path=os.pathsep.join(newest_first))
        return beside or super().path()


@dataclass(frozen=True)
class PythonModules:
    """Modules of Python itself that Debian packs apart."""

    names: tuple[str, ...]
    debian_packages: tuple[str, ...]

    def path(self) -> str | None:
        missing = [name for name in self.names if find_spec(name) is None]
        return None if missing else sys.executable


def _version_in(directory: str) -> int:
    return int("".join(character for character in directory if character.isdigit()) or 0)


VENV = PythonModules(("venv", "ensurepip"), ("python3-venv",))
INITDB = PostgresqlProgram(("initdb",), ("postgresql",))
POSTGRES = PostgresqlProgram(("postgres",), ("postgresql",))
PSQL = Program(("psql",), ("postgresql-client",))
NGINX = Daemon(("nginx",), ("nginx",))
REDIS = Program(("redis-server", "valkey-server"), ("redis-server",))
CHROMIUM = Program(
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    ("chromium", "fonts-liberation"),
)
CURL, JQ = Program(("curl",), ("curl",)), Program(("jq",), ("jq",))
NODE = Program(("node", "nodejs"), ("nodejs",))
NPM = Program(("npm",), ("npm",))
GETTEXT = tuple(Program((name,), ("gettext",)) for name in ("xgettext", "msgmerge", "msgattrib", "msgfmt"))

Need = Program | PythonModules
NEEDS: dict[str, tuple[Need, ...]] = {
    "venv": (VENV,),
    "test": (INITDB, POSTGRES, PSQL, NGINX, REDIS, CHROMIUM, CURL, JQ, NODE, NPM, *GETTEXT),
    "messages": GETTEXT,
}


def missing_packages(needs: Sequence[Need]) -> list[str]:
    missing = (need for need in needs if need.path() is None)
    return list(dict.fromkeys(package for need in missing for package in need.debian_packages))


def can_install() -> bool:
    """Whether this is Debian or one of its children, and we are root."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(packages: Sequence[str]) -> bool:
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
    )
    return all(
        subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, check=False).returncode == 0
        for command in commands
    )


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in NEEDS:
        print(f"usage: system_packages.py {'|'.join(NEEDS)}", file=sys.stderr)
        return 2
    if sys.version_info < MINIMUM_PYTHON:
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        print(
            f"Gatehouse needs Python {wanted} or newer; this is {sys.version.split()[0]}. "
            "Name another with `make PYTHON=python3.12`.",
            file=sys.stderr,
        )
        return 1
    needs = NEEDS[arguments[0]]
    missing = missing_packages(needs)
    if missing and can_install():
        install(missing)
        missing = missing_packages(needs)
    if missing:
        print(
            f"Missing system packages: {' '.join(missing)} "
            f"(on Debian or Ubuntu: sudo apt-get install {' '.join(missing)})",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
