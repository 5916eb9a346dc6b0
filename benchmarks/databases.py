"""The databases to measure on: SQLite, and a PostgreSQL server of our own that keeps what it promises."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services import postgresql
from tests.services.environment import isolated_environment
from tests.services.gatehouse import run_manage

# The tests' server never waits for the disk; figures from a server that loses commits would be flattering.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


@dataclass(frozen=True)
class Database:
    name: str
    server_url: str | None

    def fresh(self, directory: Path) -> dict[str, str]:
        """The environment of a Gatehouse with an empty, migrated database."""
        directory.mkdir(parents=True)
        name = f"bench_{secrets.token_hex(4)}"  # several parts are measured on one server
        url = postgresql.create_database(self.server_url, name) if self.server_url else None
        env = isolated_environment(data_dir=directory, base_url="http://localhost:8000", database_url=url)
        run_manage("migrate", "--verbosity=0", env=env)
        return env


@contextmanager
def databases(names: Sequence[str]) -> Iterator[list[Database]]:
    found = [Database("SQLite", None)] if "sqlite" in names else []
    if "postgresql" not in names:
        yield found
        return
    postgresql.SETTINGS.update(DURABLE)
    cluster = postgresql.start_cluster()
    try:
        yield [*found, Database("PostgreSQL", cluster.url)]
    finally:
        cluster.stop()
