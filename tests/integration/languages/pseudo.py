"""A language in which every message stands in brackets, and what is left on a page outside of them.

The organisation of these tests writes Greek: a word in Latin letters that is in no bracket comes from the program and
has not been translated.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils.translation import override, trans_real

from tools.messages import CATALOGUE, PROJECT_DIR, messages_in

PSEUDO = "de"
COMPILED = PROJECT_DIR / CATALOGUE.with_suffix(".mo")
VOID = {"input", "img", "br", "hr", "meta", "link", "source", "area", "col", "wbr"}
WITHOUT_WORDS = {"script", "style", "template", "code", "kbd", "pre"}
# Marked as English inside a page of another language: the API's document, which is in one language.
QUOTED = "en"
ICONS = "material-symbols-outlined"
WORDS_IN = {"title", "placeholder", "aria-label", "alt", "label"}
# Words that our own scripts show later.
WORDS_IN_DATA = re.compile(r"data-(busy|done|empty|failed|still|met|label|words-.*)")
BUTTONS = {"submit", "button", "reset"}
# What stays as it is in every language.
ALIKE = re.compile(
    r"""
      [a-z]+://\S+ | \S+@\S+ | /\S+                    # addresses
    | \b[0-9a-f]{8}-[0-9a-f-]{27}\b | \b[0-9A-Za-z_-]{20,}=*   # ids, digests
    | \b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b                    # settings
    | \b[a-z-]+=\d+/\d+/\d+                             # rate limits
    | \b[a-z]+:[a-z_.]+\b | \b[a-z_]+(?:\.[a-z_]+)+\b  # scopes, actions of the log
    | \b(?:openid|profile|email|offline_access|address|phone)\b
    | \b(?:RS256|PS256|ES256|Ed25519)\ [\w-]{8}(?!\w)      # signing keys
    | \b\d\d:\d\d(?::\d\d(?:\.\d+)?)?\ [A-Z]{3,5}\b     # time zones
    | Mozilla/5.0\ \([^)]*\)\ [\w./ ]*
    | \bperson\d+\b                                     # user names of these tests
    | \b(?:RS256|PS256|ES256|Ed25519|EdDSA|UTC|PKCE|API|OAuth|JSON|ID|URI|SHA-256)\b
    | \b(?:Gatehouse|Deutsch|English|Django|Python|Redis|SQLite|PostgreSQL|Chrome|Firefox|Linux)\b
    | \blocalhost\b
    | \b(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\b
    """,
    re.VERBOSE,
)
SAME_IN_GERMAN = {
    "April",
    "August",
    "September",
    "November",
    "%s KB",
    "%s MB",
    "%s GB",
    "%(truncated_text)s…",
}
WORD = re.compile(r"[A-Za-z]{2,}")


class Pseudo:
    """Stands in for Django's translation of one language, and notes what it was asked for."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.asked: set[tuple[str, str | None]] = set()

    def gettext(self, message: str) -> str:
        self.asked.add((message, None))
        return _in_brackets(message.rpartition("\x04")[2])

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        self.asked.add((singular, plural))
        return _in_brackets((singular if number == 1 else plural).rpartition("\x04")[2])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _in_brackets(message: str) -> str:
    return f"⟦{message}⟧"


@contextmanager
def pseudo_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pseudo]:
    pseudo = Pseudo(trans_real.translation(PSEUDO))
    monkeypatch.setitem(trans_real._translations, PSEUDO, pseudo)  # type: ignore[attr-defined]  # not in the stubs
    with override(PSEUDO):
        yield pseudo


class Words(HTMLParser):
    """The words of a page that a person reads or hears, with where they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        # Open elements, and whether what is in them is no word.
        self.open: list[tuple[str, bool]] = []
        # A message may go on in the next element: one depth for the whole text of the page.
        self.depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            is_quoted = tag != "html" and given.get("lang") == QUOTED
            self.open.append((tag, is_quoted or tag in WITHOUT_WORDS or ICONS in given.get("class", "")))
        for name, value in given.items():
            is_word = name in WORDS_IN or WORDS_IN_DATA.fullmatch(name) is not None
            if is_word or (name == "value" and tag == "input" and given.get("type") in BUTTONS):
                rest, depth = outside_brackets(value)
                self.found.append((f"<{tag} {name}>", rest + " (cut off)" * depth))

    def handle_endtag(self, tag: str) -> None:
        while tag in {name for name, _is_silent in self.open}:
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        rest, self.depth = outside_brackets(data, self.depth)
        if not any(is_silent for _name, is_silent in self.open):
            self.found.append((f"<{self.open[-1][0] if self.open else ''}>", rest))


def outside_brackets(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands in no bracket, and in how many the text ends; brackets may stand in brackets."""
    kept = []
    for character in text:
        depth += {"⟦": 1, "⟧": -1}.get(character, 0)
        kept.append(character if depth == 0 and character != "⟧" else " ")
    return "".join(kept), depth


def leftovers(page: str) -> list[str]:
    words = Words(page)
    found = [
        f"{place} {' '.join(text.split())!r}"
        for place, text in words.found
        if WORD.search(ALIKE.sub(" ", text))
    ]
    if words.depth:
        # Whatever followed would have gone unseen.
        found.append("a bracket that is never closed: a message was cut off")
    return list(dict.fromkeys(found))


def untranslated(pseudo: Pseudo) -> list[str]:
    """Messages that were asked for and that the real catalogues say in English, ours on purpose excepted."""
    ours = {form for message in messages_in(COMPILED.read_bytes()) for form in message.forms}
    found = []
    for message, plural in sorted(pseudo.asked, key=str):
        words = message.rpartition("\x04")[2]
        if plural is None:
            is_english = pseudo.real.gettext(message).rpartition("\x04")[2] == words
        else:
            is_english = pseudo.real.ngettext(message, plural, 2).rpartition("\x04")[2] == plural
        if is_english and words not in ours | SAME_IN_GERMAN and WORD.search(words):
            found.append(words)
    return found
