"""What stands in a mail: said once, rendered as plain text and as HTML."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_SUBJECT = 150
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Button:
    """The one thing to do. `path` is a page of this installation: no mail leads anywhere else."""

    label: str
    path: str

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.startswith("//"):
            raise ValueError("A mail's button leads to a page of this installation.")


@dataclass(frozen=True)
class Fact:
    """One line of what happened, such as when and where."""

    label: str
    value: str


@dataclass(frozen=True)
class Letter:
    """In the recipient's language. `after` follows the button, such as what to do if it was not them."""

    subject: str
    paragraphs: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    button: Button | None = None
    after: tuple[str, ...] = ()

    def in_plain_lines(self) -> "Letter":
        """The same without what could act as more than the words of one line."""
        return Letter(
            subject=plain_line(self.subject, limit=LONGEST_SUBJECT),
            paragraphs=tuple(plain_line(text) for text in self.paragraphs),
            facts=tuple(Fact(plain_line(fact.label), plain_line(fact.value)) for fact in self.facts),
            button=self.button and Button(plain_line(self.button.label), self.button.path),
            after=tuple(plain_line(text) for text in self.after),
        )


def plain_line(text: str, *, limit: int = LONGEST_TEXT) -> str:
    """One line: line breaks become spaces, and what steers a terminal or turns the reading order goes.

    Names are chosen by people, and stand in mails to others.
    """
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in spaced if unicodedata.category(character) not in STEERING)
    line = " ".join(kept.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


# Control characters, format characters such as the overrides of direction, surrogates, private use.
STEERING = frozenset({"Cc", "Cf", "Cs", "Co"})

# What mail programs look for to make a link of plain words; the last three stand for dots in other scripts.
PARTS_OF_ADDRESSES = re.compile(r"(?<=\S)([.:/@\uff0e\u3002\uff61])(?=\S)")


def not_a_link(text: str) -> str:
    """For names that people choose, in mails to others: no mail program finds an address to link in them."""
    return PARTS_OF_ADDRESSES.sub(r"\1 ", text)
