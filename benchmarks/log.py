"""Measures the audit log: appending alone and beside the sealer, sealing, verifying."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.databases import Database
from benchmarks.figures import Figure, spread
from benchmarks.in_gatehouse import Piece, work, work_together

WORK = "benchmarks.log_work"
APPENDING = "The log: one event a transaction"
SCALE = "The log: sealing, verifying and giving out"
PROVING = "The log: proof of one event"
PROOFS = 200
WRITERS = (1, 4)


def measure_log(database: Database, *, events: int, seconds: float) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as directory:
        env = database.fresh(Path(directory) / "data")
        work(WORK, "prepare", env=env)
        work(WORK, "fill", str(events), env=env)
        figures = [
            _scale("seal", database, work(WORK, "seal", env=env)),
            _scale("verify", database, work(WORK, "verify", env=env)),
        ]
        bundle = str(Path(directory) / "evidence.zip")
        figures += [
            _scale("export as evidence", database, work(WORK, "export", bundle, env=env)),
            _scale("check that offline", database, work(WORK, "check_bundle", bundle, env=env)),
            _proofs(database, work(WORK, "prove", str(PROOFS), env=env)),
        ]
        for writers in WRITERS:
            for is_sealing in (False, True):
                figures.append(
                    _append(database, env, writers=writers, is_sealing=is_sealing, seconds=seconds)
                )
                if not is_sealing:
                    work(WORK, "seal", env=env)
        work(WORK, "verify", env=env)
    return figures


def _scale(what: str, database: Database, found: dict[str, float]) -> Figure:
    values = {
        "events": found["events"],
        "events/s": found["events"] / found["seconds"],
        "seconds": found["seconds"],
        "peak MiB": found["peak_mib"],
        "of it for the work MiB": found["growth_mib"],
    }
    return Figure(SCALE, what, database.name, values)


def _proofs(database: Database, found: dict[str, Any]) -> Figure:
    values = {
        "events": found["events"],
        **spread(found["took"]),
        "statements": found["statements"],
        "peak MiB": found["peak_mib"],
    }
    return Figure(PROVING, "prove", database.name, values)


def _append(
    database: Database, env: dict[str, str], *, writers: int, is_sealing: bool, seconds: float
) -> Figure:
    pieces = [Piece(WORK, "append", str(seconds), env=env) for _ in range(writers)]
    if is_sealing:
        pieces.append(Piece(WORK, "seal_for", str(seconds), env=env))
    results = work_together(pieces)
    written = results[:writers]
    took = [second for result in written for second in result["took"]]
    values = {
        "events/s": sum(len(result["took"]) / result["seconds"] for result in written),
        **spread(took),
        "slowest ms": max(took) * 1000,
    }
    if is_sealing:
        values["sealed meanwhile"] = results[-1]["events"]
    what = f"{writers} writer{'s' if writers > 1 else ''}{', sealing every second' if is_sealing else ''}"
    return Figure(APPENDING, what, database.name, values)
