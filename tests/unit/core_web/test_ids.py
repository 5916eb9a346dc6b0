"""Ids that sort by time, as RFC 9562 lays them out."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.ids import uuid7, uuid7_floor

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)
)


@pytest.mark.spec("RFC 9562", "5.7")
@given(MOMENTS)
def test_version_variant_and_milliseconds_stand_where_the_standard_puts_them(at: datetime) -> None:
    made = uuid7(at)
    assert made.version == 7
    assert made.variant == RFC_4122
    assert made.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_the_time_they_were_made(first: datetime, second: datetime) -> None:
    if first == second:
        second += timedelta(microseconds=1)
    earlier, later = sorted((first, second))
    assert uuid7(earlier) < uuid7(later)
    assert str(uuid7(earlier)) < str(uuid7(later))


@given(MOMENTS)
def test_floor_bounds_the_ids_of_its_instant(at: datetime) -> None:
    assert uuid7_floor(at) <= uuid7(at)
    assert uuid7(at) < uuid7_floor(at + timedelta(microseconds=1))
    assert uuid7_floor(at).version == 7


def test_ids_of_one_instant_differ() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert len({uuid7(at) for _ in range(1_000)}) == 1_000


def test_time_zone_of_the_instant_does_not_matter() -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert uuid7_floor(at) == uuid7_floor(datetime.fromisoformat("2026-11-23T14:00:00+02:00"))
