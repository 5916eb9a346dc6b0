"""Words of people in the lines of a mail."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from apps.mail.letter import STEERING, plain_line


@given(st.text())
def test_line_stays_one_line_without_steering_characters(text: str) -> None:
    line = plain_line(text, limit=100)
    assert len(line) <= 100
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in line} & STEERING
    assert line == line.strip()


@given(st.text())
def test_plain_line_of_a_plain_line_is_the_same(text: str) -> None:
    assert plain_line(plain_line(text)) == plain_line(text)


def test_words_stay_as_they_are() -> None:
    assert plain_line("Grüße an  Łukasz\n😀 & <b>") == "Grüße an Łukasz 😀 & <b>"
