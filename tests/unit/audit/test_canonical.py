import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.canonical import (
    EventContent,
    Json,
    _event_as_json,
    canonical_event,
    canonical_json,
    canonical_time,
    clean_text,
    personal_commitment,
    storable,
)
from apps.audit.constants import TEXT_LIMIT

any_text = st.text(st.characters(), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
EVENT = EventContent(
    id=UUID("0192f3a0-0000-7000-8000-000000000001"),
    occurred_at=datetime(2026, 11, 23, 13, 29, 0, 5, tzinfo=UTC),
    action="code.redeemed",
    outcome="success",
    actor_kind="user",
    actor_id="7",
    target_kind="client",
    target_id="shop",
    client_id="shop",
    session_id="s",
    request_id="r",
    details={"scopes": ["openid"], "grant": "authorization_code"},
    commitment=bytes(32),
)


def test_event_has_exactly_these_bytes() -> None:
    # Frozen: every seal ever made depends on it.
    assert canonical_event(EVENT).decode() == (
        '{"action":"code.redeemed","actor":{"id":"7","kind":"user"},"client_id":"shop",'
        '"commitment":"0000000000000000000000000000000000000000000000000000000000000000",'
        '"details":{"grant":"authorization_code","scopes":["openid"]},'
        '"id":"0192f3a0-0000-7000-8000-000000000001","occurred_at":"2026-11-23T13:29:00.000005Z",'
        '"outcome":"success","request_id":"r","session_id":"s","target":{"id":"shop","kind":"client"},"v":1}'
    )


@given(
    texts=st.lists(any_text, min_size=9, max_size=9),
    details=json_values,
    occurred_at=st.datetimes(
        min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()
    ),
    key=st.uuids(),
)
def test_event_is_joined_to_what_the_canonical_form_of_its_members_is(
    texts: list[str], details: Any, occurred_at: datetime, key: UUID
) -> None:
    names = [name for name in EventContent._fields if isinstance(getattr(EVENT, name), str)]
    values: dict[str, Any] = {
        name: clean_text(text, limit=TEXT_LIMIT) for name, text in zip(names, texts, strict=True)
    }
    event = EVENT._replace(id=key, occurred_at=occurred_at, details=storable(details), **values)
    assert canonical_event(event) == canonical_json(_event_as_json(event))


@pytest.mark.parametrize("odd", [7, None, True])
def test_event_with_another_type_in_a_column_keeps_its_form(odd: Any) -> None:
    event = EVENT._replace(actor_kind=odd)
    assert canonical_event(event) == canonical_json(_event_as_json(event))


def test_commitment_has_exactly_this_value() -> None:
    value = personal_commitment(salt=bytes(32), personal={"ip": "192.0.2.1"})
    assert value.hex() == "17486e0fcd8f7d6c662845ae0fdceca94dbd060fe249e2da6e7d74dbda200373"


CHANGED: dict[str, Any] = {
    "id": UUID(int=EVENT.id.int + 1),
    "occurred_at": EVENT.occurred_at + timedelta(microseconds=1),
    "details": {"scopes": ["openid"], "grant": "refresh_token"},
    "commitment": b"\x01" * 32,
    **{name: "other" for name in EventContent._fields if isinstance(getattr(EVENT, name), str)},
}


@pytest.mark.parametrize("name", EventContent._fields)
def test_every_column_enters_the_bytes(name: str) -> None:
    assert canonical_event(EVENT._replace(**{name: CHANGED[name]})) != canonical_event(EVENT)


def test_values_cannot_move_from_one_column_to_the_next() -> None:
    one = EVENT._replace(client_id="a", session_id="b,c")
    other = EVENT._replace(client_id="a,b", session_id="c")
    assert canonical_event(one) != canonical_event(other)


@pytest.mark.spec("RFC 8785", "3.2.2.2")
def test_strings_are_escaped_as_json_requires_and_no_further() -> None:
    text = canonical_json('\u20ac$\u000f\u000aA\'B"\\"/\u007f')
    assert text.decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/\u007f"'


@pytest.mark.spec("RFC 8785", "3.2.3")
def test_keys_are_sorted_by_utf16_units() -> None:
    # The RFC's own example: the emoji sorts before U+FB33 by its first surrogate.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = json.loads(canonical_json({"inner": [dict.fromkeys(keys, 0)]}), object_pairs_hook=list)
    assert [key for key, _ in ordered[0][1][0]] == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


@given(value=json_values)
def test_storable_values_survive_writing_and_reading(value: Json) -> None:
    kept = storable(value)
    assert storable(kept) == kept
    read_back = json.loads(canonical_json(kept))
    assert canonical_json(read_back) == canonical_json(kept)
    assert "\x00" not in json.dumps(kept, ensure_ascii=False)


@given(
    pairs=st.lists(st.tuples(st.text(max_size=20), st.integers()), unique_by=lambda pair: pair[0], max_size=8)
)
def test_order_of_insertion_does_not_matter(pairs: list[tuple[str, int]]) -> None:
    assert canonical_json(dict(pairs)) == canonical_json(dict(reversed(pairs)))


@pytest.mark.parametrize("value", [1.5, {"at": datetime(2026, 1, 1, tzinfo=UTC)}, [b"bytes"], {1, 2}])
def test_what_is_not_json_without_fractions_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="audit log"):
        storable(value)


def test_integers_that_json_readers_would_round_are_kept_as_text() -> None:
    assert storable([2**53 - 1, 2**53]) == [2**53 - 1, str(2**53)]


def test_hostile_text_is_cleaned_and_clipped() -> None:
    assert clean_text("a\x00b\ud800c", limit=10) == "a\ufffdb?c"
    assert clean_text("x" * 11, limit=10) == "x" * 9 + "…"
    long_value = storable({"user_agent": "x" * 100_000})
    assert isinstance(long_value, dict)
    assert len(long_value["user_agent"]) == TEXT_LIMIT


def test_the_same_instant_in_another_zone_gives_the_same_text() -> None:
    elsewhere = EVENT.occurred_at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert canonical_time(elsewhere) == canonical_time(EVENT.occurred_at) == "2026-11-23T13:29:00.000005Z"


@given(personal=json_values)
def test_commitment_depends_on_salt_and_value(personal: Json) -> None:
    kept = storable(personal)
    commitment = personal_commitment(salt=b"a" * 32, personal=kept)
    assert commitment == personal_commitment(salt=b"a" * 32, personal=kept)
    assert commitment != personal_commitment(salt=b"b" * 32, personal=kept)
    assert commitment != personal_commitment(salt=b"a" * 32, personal=[kept])
