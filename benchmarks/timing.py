"""How long answers take inside the program, and what they cost in SQL."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

TRIES = 5
# Answers to an address.
Ask = Callable[[str], Any]


def time_addresses(ask: Ask, addresses: Mapping[str, str]) -> dict[str, Any]:
    """Seconds, statements and the slowest statement by what is asked for."""
    found: dict[str, Any] = {}
    for what, address in addresses.items():
        if ask(address).status_code == 302:
            continue  # so many pages there are not
        took = sorted(_asked(ask, address) for _ in range(TRIES))
        with CaptureQueriesContext(connection) as queries:
            _asked(ask, address)
        slowest = max(queries.captured_queries, key=lambda one: float(one["time"]))
        found[what] = {
            "median": statistics.median(took),
            "slowest": took[-1],
            "statements": len(queries),
            "statement_seconds": float(slowest["time"]),
            "statement": slowest["sql"],
            "address": address,
        }
    return found


def _asked(ask: Ask, address: str) -> float:
    started = time.perf_counter()
    answer = ask(address)
    took = time.perf_counter() - started
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code} {answer.content.decode()[:500]}")
    return took
