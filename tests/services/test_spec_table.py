"""Self-tests of the table of standards."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.services.spec_table import render, sections_of


def _item(nodeid: str, *sections: tuple[str, str]) -> pytest.Item:
    marks = [pytest.mark.spec(*section).mark for section in sections]
    item: Any = SimpleNamespace(nodeid=nodeid, iter_markers=lambda name: marks)
    return cast(pytest.Item, item)


def test_sections_are_sorted_as_people_count() -> None:
    text = render(
        sections_of(
            [
                _item("tests/a.py::test_late", ("RFC 7009", "10.1")),
                _item("tests/a.py::test_early", ("RFC 7009", "2.1")),
                _item("tests/a.py::test_core", ("OpenID Connect Core 1.0", "3.1.3.7")),
            ]
        )
    )
    places = [text.index(part) for part in ("OpenID Connect Core", "RFC 7009", "[2.1]", "[10.1]")]
    assert places == sorted(places)
    assert "[2.1](https://www.rfc-editor.org/rfc/rfc7009#section-2.1)" in text


def test_cases_of_one_test_count_once() -> None:
    items = [_item(f"tests/a.py::test_refused[{case}]", ("RFC 6749", "5.2")) for case in ("one", "two")]
    assert render(sections_of(items)).count("refused") == 1
