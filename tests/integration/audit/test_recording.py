from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.audit.canonical import EventContent, canonical_event, personal_commitment
from apps.audit.constants import ID_LENGTH
from apps.audit.errors import RecordedOutsideTransaction
from apps.audit.models import AuditEvent
from apps.audit.ports import ANONYMOUS, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.ids import uuid7_floor
from tests.integration.audit.log_setup import ALICE, NOW, ORIGIN, LogTestAction, record


def content(event: AuditEvent) -> EventContent:
    return EventContent(*(getattr(event, name) for name in EventContent._fields))


@pytest.mark.django_db(transaction=True)
def test_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RecordedOutsideTransaction):
        record_event(
            action=LogTestAction.DOOR_OPENED, outcome=Outcome.SUCCESS, actor=ALICE, origin=ORIGIN, now=NOW
        )
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_event_goes_with_the_transaction_that_it_records() -> None:
    class BusinessFailed(Exception):
        pass

    def fails_after_recording() -> None:
        with transaction.atomic():
            record()
            raise BusinessFailed

    with pytest.raises(BusinessFailed):
        fails_after_recording()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("microsecond", [0, 1, 500_000, 999_999])
def test_event_reads_back_with_the_very_bytes_that_will_be_sealed(microsecond: int) -> None:
    details: Any = {
        "n": 2**53 - 1,
        "t": True,
        "none": None,
        "nested": {"b": [1, {"a": "é\U0001f600"}], "": ""},
    }
    event = record(now=NOW.replace(microsecond=microsecond), details=details)
    read_back = AuditEvent.objects.get(pk=event.pk)
    assert canonical_event(content(read_back)) == canonical_event(content(event))
    assert read_back.occurred_at == event.occurred_at
    assert read_back.salt is not None
    commitment = personal_commitment(salt=bytes(read_back.salt), personal=read_back.personal)
    assert bytes(read_back.commitment) == commitment


@pytest.mark.django_db
def test_personal_values_stand_in_the_personal_column_only() -> None:
    event = AuditEvent.objects.get(pk=record(target=Subject("user", "42", label="Bob Example")).pk)
    assert event.personal == {
        "actor_label": "alice@example.com",
        "target_label": "Bob Example",
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "before": {"open": False},
        "after": {"open": True},
    }
    kept = canonical_event(content(event)).decode()
    for personal in ("alice", "Bob", "192.0.2.7", "Mozilla"):
        assert personal not in kept


@pytest.mark.django_db
def test_hostile_text_is_recorded_and_not_a_failure() -> None:
    hostile = "\x00\ud800" + "x" * 5000
    origin = replace(ORIGIN, user_agent=hostile, request_id=hostile)
    event = record(
        actor=Subject("user", hostile, label=hostile),
        origin=origin,
        client_id=hostile,
        session_id=hostile,
        details={hostile: hostile},
    )
    read_back = AuditEvent.objects.get(pk=event.pk)
    assert len(read_back.client_id) == ID_LENGTH
    assert read_back.client_id.startswith("�?xx")
    assert canonical_event(content(read_back)) == canonical_event(content(event))


@pytest.mark.django_db
def test_equal_events_have_different_commitments() -> None:
    assert record().commitment != record().commitment


@pytest.mark.django_db
def test_event_without_a_person_has_empty_personal_values() -> None:
    origin = replace(ORIGIN, ip=None, user_agent="")
    event = record(actor=ANONYMOUS, origin=origin, before=None, after=None)
    assert AuditEvent.objects.get(pk=event.pk).personal == {}


@pytest.mark.django_db
def test_id_carries_the_time_of_the_event() -> None:
    event = record()
    assert uuid7_floor(NOW) <= event.id < uuid7_floor(NOW + timedelta(milliseconds=1))


@pytest.mark.django_db
def test_far_past_and_far_future_are_recorded() -> None:
    for year in (1999, 2199):
        moment = datetime(year, 6, 1, tzinfo=UTC)
        assert AuditEvent.objects.get(pk=record(now=moment).pk).occurred_at == moment
