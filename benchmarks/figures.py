"""What was measured: printed as tables, and kept as JSON to be compared."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "latest.json"
GIB = 1024**3


@dataclass(frozen=True)
class Figure:
    """One row of a table. `values` are by column name, which ends in the unit."""

    table: str
    what: str
    database: str
    values: dict[str, float]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    if len(seconds) < 2:
        raise ValueError("two measurements at least are needed")
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50 ms": hundredths[49] * 1000, "p95 ms": hundredths[94] * 1000}


def render(figures: Sequence[Figure]) -> str:
    tables = dict.fromkeys(figure.table for figure in figures)
    return "\n".join(_table(name, [figure for figure in figures if figure.table == name]) for name in tables)


def _table(name: str, rows: Sequence[Figure]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row.values))
    lines = [
        f"{name}\n",
        f"| what | on | {' | '.join(columns)} |",
        f"|---|---|{'---:|' * len(columns)}",
    ]
    for row in rows:
        cells = " | ".join(_number(row.values.get(column)) for column in columns)
        lines.append(f"| {row.what} | {row.database} | {cells} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def save(figures: Sequence[Figure], *, started_at: datetime) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {
        "started_at": started_at.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
    }
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, str | int | float]:
    """What figures depend on; the load tells whether somebody else was at work."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory / GIB, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "django": version("django"),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
