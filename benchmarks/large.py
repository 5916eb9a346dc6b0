"""Measures a large installation: making it, sealing and verifying its log, its pages and the lists of its API."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.databases import Database
from benchmarks.figures import Figure
from benchmarks.in_gatehouse import work
from tests.services.environment import PROJECT_DIR

LOG_WORK = "benchmarks.log_work"
SCALE = "A large installation: its log"
ANSWERS = {
    "benchmarks.pages_work": "A large installation: its pages",
    "benchmarks.api_work": "A large installation: the lists of its API",
}


def measure_large(database: Database, *, users: int, events: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as directory:
        env = database.fresh(Path(directory) / "data")
        work(LOG_WORK, "prepare", env=env)
        figures = [_made(database, env, users=users, events=events)]
        for what, function in (("seal", "sweep"), ("verify", "verify")):
            found = work(LOG_WORK, function, env=env)
            values = {
                "events": found["events"],
                "events/s": found["events"] / found["seconds"],
                "seconds": found["seconds"],
                "peak MiB": found["peak_mib"],
            }
            figures.append(Figure(SCALE, what, database.name, values))
        for module, table in ANSWERS.items():
            figures += _answers(database, env, Path(directory) / f"{module}.json", module=module, table=table)
    return figures


def _answers(database: Database, env: dict[str, str], path: Path, *, module: str, table: str) -> list[Figure]:
    work(module, "measure", str(path), env=env)
    return [
        Figure(
            table,
            what,
            database.name,
            {
                "median ms": found["median"] * 1000,
                "slowest ms": found["slowest"] * 1000,
                "statements": found["statements"],
                "slowest statement ms": found["statement_seconds"] * 1000,
            },
        )
        for what, found in json.loads(path.read_text(encoding="utf-8")).items()
    ]


def _made(database: Database, env: dict[str, str], *, users: int, events: int) -> Figure:
    size = ("--users", str(users), "--events", str(events), "--processes", str(os.cpu_count() or 1))
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", "demo_data", "--json", "--outside-embedded-mode", *size],
        cwd=PROJECT_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"demo_data ended with {done.returncode}:\n{done.stderr[-2000:]}")
    seconds, made = time.perf_counter() - started, json.loads(done.stdout)["events"]
    values = {"events": made, "events/s": made / seconds, "seconds": seconds}
    return Figure(SCALE, f"demo_data, {users:,} people", database.name, values)
