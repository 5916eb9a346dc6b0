"""Patterns that administrators give are matched in little time, whatever the value."""

import time

import pytest

from apps.directory.patterns import matches_whole, why_not_a_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"[A-Z]{2}-[0-9]{4}",
        r"\w+",
        r"[a-z]+-[a-z]+",
        r"(foo|bar)-\w{1,20}",
        r"\d+(-\d+)?",
        r"(?i)abc",
        r"(ab)*",
    ],
)
def test_pattern_that_ends_soon_is_taken(pattern: str) -> None:
    assert why_not_a_pattern(pattern) == ""
    start = time.perf_counter()
    for value in ("a" * 500, "0" * 500, "ab" * 250, "a" * 249 + "-" + "a" * 250, "0" * 499 + "!"):
        matches_whole(pattern, value)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+",
        r"(a|aa)*",
        r"a*a*a*",
        r"(\d+\d+)?\d+",
        r"((ab)*)*",
        r"(a)\1",
        r"a(?=b)",
        r"a(?<!b)",
        r"(.{0,99}){9}",
    ],
)
def test_pattern_that_may_take_for_ever_is_refused(pattern: str) -> None:
    assert "very long" in why_not_a_pattern(pattern)


@pytest.mark.parametrize("pattern", ["[", "(", "a{2,1}", "*", "(?P<a>x)(?P<a>y)", "a{1,99999999999999}"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    assert why_not_a_pattern(pattern).startswith("This is no regular expression")
