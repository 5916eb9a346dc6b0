"""Commands that print what people chose, such as names: none of it steers the terminal or turns the reading order."""

import sys
import unicodedata
from typing import Any, TextIO

from django.core.management.base import BaseCommand, OutputWrapper

TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class PlainOutput(OutputWrapper):
    def write(  # type: ignore[override]  # as the stubs of Django's own say
        self, msg: str = "", style_func: Any = None, ending: str | None = None
    ) -> None:
        super().write("".join(map(_shown, msg)), style_func, ending)


class PlainCommand(BaseCommand):
    def __init__(
        self, stdout: TextIO | None = None, stderr: TextIO | None = None, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(stdout, stderr, *args, **kwargs)
        in_colour = self.stderr.style_func
        self.stdout = PlainOutput(stdout or sys.stdout)
        self.stderr = PlainOutput(stderr or sys.stderr)
        self.stderr.style_func = in_colour


def _shown(character: str) -> str:
    """As it is written in Python where a terminal would obey it; lines and tabs stay."""
    obeyed = unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t"
    if obeyed or unicodedata.bidirectional(character) in TURNING:
        return character.encode("unicode_escape").decode()
    return character
