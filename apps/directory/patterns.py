"""Regular expressions that administrators give for values: only such as are matched in little time, whatever the value.

Python tries one way after another, and a pattern such as (a+)+ has more ways than anybody can wait for.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

# What `re` itself reads a pattern with. Whether it has a type hangs on which libraries mypy has read before.
_parser: Any = vars(re)["_parser"]

# How many ways there may be to match a value of any length.
MOST_WAYS = 600_000
_LONGEST = 500
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_REFUSED = {"GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT"}


class _TooSlow(Exception):
    """A pattern that may take for ever."""


def why_not_a_pattern(pattern: str) -> str:
    """Empty for one that may be used."""
    try:
        parsed = _parser.parse(pattern)
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return _("This is no regular expression: %(problem)s.") % {"problem": error}
    try:
        ways = _ways(parsed, is_repeated=False)
    except _TooSlow:
        ways = MOST_WAYS + 1
    if ways > MOST_WAYS:
        return _(
            "This pattern might take very long to match. Repeat only single characters and classes, two of them "
            "without an end at most, and leave out back references and look-arounds."
        )
    return ""


def matches_whole(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _ways(parsed: Any, *, is_repeated: bool) -> int:
    ways = 1
    for operator, argument in parsed:
        name = str(operator)
        if name in _REFUSED or (is_repeated and name in {"BRANCH", *_REPEATS}):
            raise _TooSlow
        if name in _REPEATS:
            fewest, most, inner = argument
            ways *= min(int(most), _LONGEST) - min(int(fewest), _LONGEST) + 1
            ways *= _ways(inner, is_repeated=int(most) > 1)
        elif name == "BRANCH":
            ways *= sum(_ways(branch, is_repeated=False) for branch in argument[1])
        else:
            for inner in _within(argument):
                ways *= _ways(inner, is_repeated=is_repeated)
        if ways > MOST_WAYS:
            raise _TooSlow
    return ways


def _within(argument: Any) -> Iterator[Any]:
    """The patterns in a group."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple):
        for one in argument:
            yield from _within(one)
