from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.audit.services.partitions import ensure_partitions
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.core.ids import uuid7_floor
from tests.integration.audit.log_setup import record

pytestmark = pytest.mark.django_db
FUTURE = datetime(2051, 12, 15, 12, tzinfo=UTC)


def partition_of(event_id: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_event WHERE id = %s", [str(event_id)])
        (name,) = cursor.fetchone()
    return str(name)


def test_months_ahead_are_opened_once() -> None:
    made = ensure_partitions(now=FUTURE)
    assert ensure_partitions(now=FUTURE) == 0
    assert made == (4 if connection.vendor == "postgresql" else 0)


def test_events_land_in_the_partition_of_their_month() -> None:
    ensure_partitions(now=FUTURE)
    month = datetime(2052, 1, 1, tzinfo=UTC)
    events = {
        moment: record(now=moment)
        for moment in (
            month - timedelta(microseconds=1),
            month,
            datetime(2052, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        )
    }
    if connection.vendor == "postgresql":
        assert [partition_of(event.id) for event in events.values()] == [
            "audit_event_2051_12",
            "audit_event_2052_01",
            "audit_event_2052_01",
        ]
    # Wherever they lie, they are sealed like any other.
    assert seal_pending(now=FUTURE) == 3


def test_event_that_no_month_covers_lands_in_the_default_partition() -> None:
    event = record(now=datetime(2190, 1, 1, tzinfo=UTC))
    if connection.vendor == "postgresql":
        assert partition_of(event.id) == "audit_event_default"


def test_month_with_events_in_the_default_partition_stays_there() -> None:
    event = record(now=FUTURE)
    made = ensure_partitions(now=FUTURE)
    late = record(now=FUTURE + timedelta(days=1))
    if connection.vendor == "postgresql":
        assert made == 3
        assert partition_of(event.id) == partition_of(late.id) == "audit_event_default"
    assert sweep_unsealed(now=FUTURE) == 2


def test_database_and_program_agree_on_the_first_id_of_a_month() -> None:
    if connection.vendor != "postgresql":
        return
    for day in (
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2199, 12, 1, tzinfo=UTC),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_uuid7_floor(%s)", [day.date()])
            (floor,) = cursor.fetchone()
        assert floor == uuid7_floor(day)


def test_role_without_ownership_can_open_months_but_not_change_the_table() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE gatehouse_runtime_test")
        cursor.execute("GRANT SELECT, INSERT ON audit_event TO gatehouse_runtime_test")
        cursor.execute("SET LOCAL ROLE gatehouse_runtime_test")
        # A temporary table of the caller's must not be taken for the real one.
        cursor.execute("CREATE TEMPORARY TABLE audit_event_default (id uuid)")
    assert ensure_partitions(now=FUTURE) == 4
    record(now=FUTURE)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('audit_event', 'UPDATE'),"
            " has_table_privilege('audit_event_2051_12', 'INSERT')"
        )
        assert cursor.fetchone() == (False, False)
        cursor.execute("RESET ROLE")
    assert partition_of(record(now=FUTURE).id) == "audit_event_2051_12"
