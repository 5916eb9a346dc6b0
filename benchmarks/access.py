"""Measures the decision about access, with people in groups within groups."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.databases import Database
from benchmarks.figures import Figure, spread
from benchmarks.in_gatehouse import work

WORK = "benchmarks.access_work"
TABLE = "Access through groups within groups"
GROUPS = 1_000
TIMES = 400
QUESTIONS = {
    "may this person use this application": "decide",
    "which applications may they use": "usable",
    "which groups are they in": "groups_of_person",
    "how many people are in the highest group": "count_people",
    "50 people of the highest group": "list_people",
    "put a group into another and take it out": "nest",
}


def measure_access(database: Database, *, people: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as directory:
        env = database.fresh(Path(directory) / "data")
        made = work(WORK, "prepare", str(people), str(GROUPS), env=env)
        return [
            _figure(what, database, made, work(WORK, function, str(TIMES), env=env))
            for what, function in QUESTIONS.items()
        ]


def _figure(what: str, database: Database, made: dict[str, Any], found: dict[str, Any]) -> Figure:
    values = {
        "people": made["people"],
        "groups": made["groups"],
        "levels": made["levels"],
        **spread(found["took"]),
        "statements": found["statements"],
    }
    return Figure(TABLE, what, database.name, values)
