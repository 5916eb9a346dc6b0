"""`make bench`: measures, prints tables, and keeps the figures in benchmarks/results/latest.json."""

import argparse
from datetime import UTC, datetime

from benchmarks.access import measure_access
from benchmarks.databases import databases
from benchmarks.figures import RESULTS, Figure, machine, render, save
from benchmarks.large import measure_large
from benchmarks.log import measure_log
from benchmarks.server import measure_server

PARTS = ("log", "access", "server")
LARGE = "large"
"""Takes long, and is measured only when it is asked for."""
DATABASES = ("sqlite", "postgresql")


def main() -> None:
    options = _options()
    started_at, figures = datetime.now(UTC), list[Figure]()
    print(" · ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    with databases(options.database) as found:
        for database in found:
            if "log" in options.part:
                print(f"Measuring the log on {database.name} …", flush=True)
                figures += measure_log(database, events=options.events, seconds=options.seconds)
            if "access" in options.part:
                print(f"Measuring access on {database.name} …", flush=True)
                figures += measure_access(database, people=options.people)
            if "server" in options.part:
                print(f"Measuring the server on {database.name} …", flush=True)
                figures += measure_server(database, seconds=options.seconds)
            if LARGE in options.part:
                print(f"Measuring a large installation on {database.name} …", flush=True)
                figures += measure_large(database, users=options.users, events=options.large_events)
    save(figures, started_at=started_at)
    print(f"\n{render(figures)}\nKept in {RESULTS}; benchmarks/README.md says how to read this.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--part", action="append", choices=(*PARTS, LARGE), help="this part only (all but large)"
    )
    parser.add_argument("--database", action="append", choices=DATABASES, help="on this one only (both)")
    parser.add_argument("--events", type=int, default=100_000, help="events to seal and verify (%(default)s)")
    parser.add_argument(
        "--people", type=int, default=100_000, help="people in groups, for access (%(default)s)"
    )
    parser.add_argument("--users", type=int, default=100_000, help="of the large installation (%(default)s)")
    parser.add_argument(
        "--large-events", type=int, default=10_000_000, help="of the large installation (%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each load (%(default)s)")
    options = parser.parse_args()
    options.part, options.database = options.part or PARTS, options.database or DATABASES
    return options


if __name__ == "__main__":
    main()
