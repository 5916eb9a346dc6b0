"""Measures a server as `manage.py serve` starts it, from the same machine."""

import json
import statistics
import tempfile
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.databases import Database
from benchmarks.figures import Figure, spread
from benchmarks.in_gatehouse import work
from benchmarks.load import Load, run_load
from benchmarks.scenarios import PEOPLE_PER_WORKER, SCENARIOS, World
from tests.services.gatehouse import start_gatehouse

WORK = "benchmarks.server_work"
TABLE = "The server"
CONNECTIONS = 8
ALONE_SECONDS = 1.0
# Each sign-in comes from an address of its own, which a proxy would tell.
PROXY = {"TRUSTED_PROXIES": "127.0.0.1/32"}
WORKERS = {"SQLite": "1", "PostgreSQL": "2"}
"""The defaults of embedded mode and of production."""


def measure_server(database: Database, *, seconds: float) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as name:
        directory = Path(name)
        server = start_gatehouse(
            directory,
            server_url=database.server_url,
            extra_env={**PROXY, "WEB_WORKERS": WORKERS[database.name]},
        )
        try:
            population = work(WORK, "populate", str(CONNECTIONS * PEOPLE_PER_WORKER), env=server.env)
            described = directory / "population.json"
            described.write_text(json.dumps(population), encoding="utf-8")
            statements = work(WORK, "count_statements", str(described), env=server.env)
            port = urlsplit(server.base_url).port
            assert port is not None  # noqa: S101 - a started server's address has its port
            world, figures = World.of(population), []
            for what, scenario in SCENARIOS.items():
                steps_of = partial(scenario, world)
                alone = run_load(steps_of, port=port, connections=1, seconds=ALONE_SECONDS)
                many = run_load(steps_of, port=port, connections=CONNECTIONS, seconds=seconds)
                figures.append(_figure(what, database, alone, many, statements[what]))
        except Exception:
            print(server.log_tail())
            raise
        finally:
            server.stop()
    return figures


def _figure(what: str, database: Database, alone: Load, many: Load, statements: int) -> Figure:
    values = {
        "requests/s": many.per_second,
        **spread(many.took),
        "p50 ms, one at a time": statistics.median(alone.took) * 1000,
        "statements": statements,
    }
    return Figure(TABLE, what, database.name, values)
