"""Readers of the log in the administration: how far they are, what failed, and what was set aside."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent, ReaderCursor, SealedEvent, SetAsideEvent
from apps.core.ids import uuid7
from apps.dashboards.activity_places import ACTIVITY_READER
from tests.integration.admin.desk import action_page, at_desk, listing, make_staff, make_superuser, text_of

pytestmark = pytest.mark.django_db

READERS, SET_ASIDE = "audit.readercursor", "audit.setasideevent"


def seal_rows(count: int) -> list[SealedEvent]:
    numbers = range(1, count + 1)
    return SealedEvent.objects.bulk_create(
        SealedEvent(seal_number=number, event_id=uuid7(), leaf_hash=bytes(32)) for number in numbers
    )


def make_cursor(**fields: Any) -> ReaderCursor:
    return ReaderCursor.objects.create(**({"name": ACTIVITY_READER, "moved_at": timezone.now()} | fields))


def failing() -> ReaderCursor:
    seal_rows(20)
    return make_cursor(
        position=6, failures=3, failed_at_seal=7, last_error="ValueError", next_attempt_at=timezone.now()
    )


def test_list_says_how_far_each_reader_is() -> None:
    make_cursor(name="gone.reader", position=20)
    failing()
    page = text_of(at_desk(make_staff("audit.view_readercursor")).get(listing(READERS)))
    for words in ("Counts of the overview", "Failing", "14", "ValueError", "gone.reader", "Up to date"):
        assert words in page


def test_reader_is_told_to_try_again_by_whoever_may() -> None:
    action = action_page(failing(), "try_again")
    assert at_desk(make_staff("audit.view_readercursor")).post(action, {"confirmed": "1"}).status_code == 403
    keeper = at_desk(make_staff("audit.view_readercursor", "audit.change_readercursor"))
    assert "1 reader that failed tries again" in keeper.get(action).content.decode()
    assert "1 reader tries again" in keeper.post(action, {"confirmed": "1"}, follow=True).content.decode()
    assert ReaderCursor.objects.get().next_attempt_at is None
    assert AuditEvent.objects.get(action="reader.tried_again").actor_kind == "user"


def test_event_is_set_aside_for_a_reason_only() -> None:
    action = action_page(failing(), "set_aside")
    keeper = at_desk(make_staff("audit.view_readercursor", "audit.change_readercursor"))
    keeper.post(action, {"confirmed": "1"})
    assert ReaderCursor.objects.get().position == 6
    page = keeper.post(action, {"confirmed": "1", "reason": "Known fault 7"}, follow=True).content.decode()
    assert "1 event is set aside" in page
    assert ReaderCursor.objects.get().position == 7
    listed = text_of(at_desk(make_staff("audit.view_setasideevent")).get(listing(SET_ASIDE)))
    assert "Known fault 7" in listed
    assert "ValueError" in listed


def test_event_is_handed_in_by_whoever_may_and_says_what_came_of_it() -> None:
    failing()
    row = SetAsideEvent.objects.create(
        reader=ACTIVITY_READER,
        seal_number=7,
        event_id=uuid7(),
        error="ValueError",
        set_aside_at=timezone.now(),
    )
    keeper = at_desk(make_staff("audit.view_setasideevent", "audit.change_readercursor"))
    page = keeper.post(action_page(row, "hand_in"), {"confirmed": "1"}, follow=True).content.decode()
    assert "0 of 1 events were dealt with" in page
    row.refresh_from_db()
    assert (row.handed_in_at, row.error) == (None, "Unreadable")


def test_lists_cost_the_same_with_many_rows() -> None:
    browser = at_desk(make_superuser())

    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(listing(name)).status_code == 200
        return len(queries)

    def add(number: int) -> None:
        make_cursor(name=f"reader.{number}")
        SetAsideEvent.objects.create(
            reader=ACTIVITY_READER, seal_number=number, error="X", set_aside_at=timezone.now()
        )

    add(0)
    before = [(cost(name), cost(name))[1] for name in (READERS, SET_ASIDE)]
    for number in range(1, 12):
        add(number)
    assert [cost(name) for name in (READERS, SET_ASIDE)] == before


def test_status_says_what_fails_and_what_to_do() -> None:
    failing()
    SetAsideEvent.objects.create(
        reader=ACTIVITY_READER, seal_number=3, error="ValueError", set_aside_at=timezone.now()
    )
    page = text_of(at_desk(make_superuser()).get(listing("dashboards.systemstatus")))
    assert "The reader “Counts of the overview” fails with ValueError, 14 events behind." in page
    assert "1 event was set aside and is not dealt with." in page
