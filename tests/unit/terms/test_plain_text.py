"""Terms are taken apart into headings, lists and paragraphs, and nothing of them is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.terms.plain_text import Block, blocks_of

pytestmark = pytest.mark.any_database


def test_marks_at_the_beginning_of_lines_count() -> None:
    text = "# First\r\nBe kind,\r\nalways.\r\n\r\n- one\n- two - and more\n\n \n-dash\n#hash\n## deeper"
    assert blocks_of(text) == [
        Block(heading="First"),
        Block(paragraph="Be kind,\nalways."),
        Block(items=("one", "two - and more")),
        Block(paragraph="-dash\n#hash\n## deeper"),
    ]


@pytest.mark.parametrize("text", ["", " \n\n\t\n"])
def test_nothing_is_nothing(text: str) -> None:
    assert blocks_of(text) == []


@given(st.text(alphabet="ab-# \n\r", max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    said = "".join(block.heading + "".join(block.items) + block.paragraph for block in blocks_of(text))
    assert [one for one in said if one in "ab"] == [one for one in text if one in "ab"]
