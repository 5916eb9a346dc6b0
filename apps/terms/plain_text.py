"""Terms are plain text with three marks, taken apart here and put into elements by a template that escapes all of it.

A blank line ends a paragraph; a line that begins with "# " is a heading, lines that begin with "- " are a list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

BULLET, HEADING = "- ", "# "


@dataclass(frozen=True)
class Block:
    """One of the three."""

    heading: str = ""
    items: tuple[str, ...] = ()
    paragraph: str = ""


def blocks_of(text: str) -> list[Block]:
    return [block for part in re.split(r"\n\s*\n", _normalised(text)) for block in _blocks(part)]


def _normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _blocks(part: str) -> Iterator[Block]:
    lines = [line.strip() for line in part.split("\n")]
    for mark, marked in groupby(filter(None, lines), _mark):
        found = [line.removeprefix(mark).strip() for line in marked]
        if mark == HEADING:
            yield from (Block(heading=line) for line in found)
        elif mark == BULLET:
            yield Block(items=tuple(found))
        else:
            yield Block(paragraph="\n".join(found))


def _mark(line: str) -> str:
    return next((mark for mark in (HEADING, BULLET) if line.startswith(mark)), "")
