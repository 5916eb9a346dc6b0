import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.oauth.authorization_request import LONGEST_MAX_AGE, Problem, Wishes, is_readable, parse_wishes

pytestmark = pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1")
ASKED = {"scope": "openid"}


def wishes(**more: str) -> Wishes:
    parsed = parse_wishes(ASKED | more)
    assert isinstance(parsed, Wishes)
    return parsed


def test_nothing_wished_is_nothing() -> None:
    assert wishes() == Wishes()
    assert not wishes().is_silent


def test_wishes_are_read() -> None:
    asked = wishes(prompt="login  consent unheard_of", max_age="60", id_token_hint="a.b.c", login_hint="kim")
    assert asked == Wishes(frozenset({"login", "consent"}), 60, "a.b.c", "kim")
    assert wishes(prompt="none").is_silent


def test_hint_that_is_too_long_for_a_name_is_no_hint() -> None:
    assert wishes(login_hint="x" * 254).login_hint
    assert not wishes(login_hint="x" * 255).login_hint
    assert not wishes(login_hint="ü" * 128).login_hint


@given(max_age=st.integers(min_value=0))
def test_max_age_is_read_up_to_its_limit(max_age: int) -> None:
    parsed = parse_wishes(ASKED | {"max_age": str(max_age)})
    if max_age <= LONGEST_MAX_AGE:
        assert parsed == Wishes(max_age_seconds=max_age)
    else:
        assert isinstance(parsed, Problem)


@given(max_age=st.text(max_size=30))
def test_any_max_age_is_read_or_refused(max_age: str) -> None:
    parsed = parse_wishes(ASKED | {"max_age": max_age})
    if isinstance(parsed, Wishes) and max_age:
        assert parsed.max_age_seconds is not None
        assert 0 <= parsed.max_age_seconds <= LONGEST_MAX_AGE


@pytest.mark.parametrize(
    ("query", "readable"),
    [
        ("", True),
        ("a=1&b=2", True),
        ("a=%20%C3%BC", True),
        ("resource=a&resource=b", True),
        ("a=1&a=1", False),
        ("a&a", False),
        ("a=%", False),
        ("a=%2", False),
        ("a=%zz", False),
        ("a=%00", False),
        ("a=1#b", False),
        ("a=\x00", False),
    ],
)
@pytest.mark.spec("RFC 6749", "3.1")
def test_query_is_readable_if_it_can_be_read_in_one_way_only(query: str, readable: bool) -> None:
    assert is_readable(query, QueryDict(query)) is readable
