"""docs/developers/attacks.md names tests that are there, and no attack without one."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.services.environment import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "developers" / "attacks.md"
ROW = re.compile(r"^\| (.+) \|$")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def rows() -> list[list[str]]:
    """Of the tables with tests."""
    held = PAGE.read_text(encoding="utf-8").partition("## Awaiting their part")[0]
    found = [match[1].split(" | ") for line in held.splitlines() if (match := ROW.match(line))]
    return [cells for cells in found if cells != ["attack", "what stops it", "tests"]]


def test_each_row_says_what_stops_it_and_names_tests_only() -> None:
    assert rows()
    for cells in rows():
        assert len(cells) == 3, cells
        assert all(NAMED.fullmatch(one) for one in cells[2].split("<br>")), cells


def test_each_test_that_is_named_is_there() -> None:
    missing = [
        f"{path}::{name}"
        for cells in rows()
        for path, name in NAMED.findall(cells[2])
        if name not in names_in(PROJECT_DIR / "tests" / path)
    ]
    assert not missing, "\n".join(missing)
