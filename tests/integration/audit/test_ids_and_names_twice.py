# ruff: noqa: S608 - the statements are made of the constants of this file
"""The same id in another spelling, the same name twice in one JSON object: named, and sealing goes on.

PostgreSQL's types keep neither; there the test is that they do not.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from structlog.testing import capture_logs

from apps.audit.findings import FindingKind, VerificationReport
from apps.audit.models import AuditEvent, SealedEvent
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import verify_log
from apps.audit.triggers import KEPT_COLUMNS
from tests.integration.audit.log_setup import NOW, record, record_many, run_sql, stored, triggers_dropped

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)
ON_POSTGRESQL = connection.vendor == "postgresql"
OTHER_COLUMNS = ", ".join([*KEPT_COLUMNS[1:], "personal", "salt"])

# SQL for another spelling of the id in the column.
SPELLINGS = {
    "capitals": "upper({id})",
    "dashes": "substr({id}, 1, 8) || '-' || substr({id}, 9)",
    "braces": "'{{' || {id} || '}}'",
    "space behind": "{id} || ' '",
    "nul behind": "{id} || char(0)",
    "bytes": "CAST({id} AS BLOB)",
    "no id": "'zz'",
    "number": "7",
    "not utf-8": "CAST(x'fffe' AS TEXT)",
    "nothing": "''",
}


def insert_copy(event: AuditEvent, spelling: str) -> None:
    new_id = spelling.format(id="id")
    sql = f"INSERT INTO audit_event (id, {OTHER_COLUMNS}) SELECT {new_id}, {OTHER_COLUMNS} FROM audit_event"
    run_sql(f"{sql} WHERE id = %s", stored(event))


def verify() -> VerificationReport:
    return verify_log(now=LATER)


def kinds(report: VerificationReport) -> list[FindingKind]:
    return [finding.kind for finding in report.findings]


@pytest.fixture
def log() -> list[AuditEvent]:
    recorded = record_many(3)
    assert seal_pending(now=LATER) == 3
    return recorded


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_database_refuses_an_id_in_another_form(log: list[AuditEvent], spelling: str) -> None:
    if ON_POSTGRESQL:
        return  # its column takes nothing but ids, in one form
    with pytest.raises(IntegrityError, match="32 hexadecimal digits"), transaction.atomic():
        insert_copy(log[1], spelling)
    assert AuditEvent.objects.count() == 3


@pytest.mark.parametrize("spelling", ["upper(id::text)::uuid", "replace(id::text, '-', '')::uuid"])
def test_postgresql_knows_an_id_in_every_spelling(log: list[AuditEvent], spelling: str) -> None:
    if not ON_POSTGRESQL:
        return
    with triggers_dropped(), pytest.raises(IntegrityError), transaction.atomic():
        insert_copy(log[1], spelling)
    assert AuditEvent.objects.count() == 3


@pytest.mark.parametrize("seal", [seal_pending, sweep_unsealed])
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_id_in_another_form_stops_no_sealing_and_is_named(
    log: list[AuditEvent], spelling: str, seal: Callable[..., int]
) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        insert_copy(log[1], spelling)
    fresh = record(now=LATER)
    assert seal(now=LATER) == 1
    assert SealedEvent.objects.get(seal_number=4).event_id == fresh.id
    report = verify()
    assert kinds(report) == [FindingKind.EVENT_ID_OUT_OF_FORM]
    assert (report.sealed_count, report.unsealed_count) == (4, 0)


def test_sweep_says_in_the_process_log_that_it_leaves_ids_out(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        insert_copy(log[1], SPELLINGS["capitals"])
    with capture_logs() as lines:
        sweep_unsealed(now=LATER)
    (line,) = [line for line in lines if line["event"] == "audit_event_ids_out_of_form"]
    assert (line["log_level"], line["count"], line["first"]) == ("error", 1, log[1].id.hex.upper())


def test_finding_shows_the_id_as_it_stands_and_nothing_that_a_terminal_obeys(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        insert_copy(log[1], SPELLINGS["capitals"])
        insert_copy(log[1], "char(27) || '[2J'")
    messages = sorted(finding.message for finding in verify().findings)
    assert f"'{log[1].id.hex.upper()}'" in messages[0]
    assert "'\ufffd[2J'" in messages[1]


def test_more_ids_out_of_form_than_a_batch_hold_up_no_event(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        for number in range(5):
            insert_copy(log[1], f"'0{number}' || upper(id)")
            insert_copy(log[1], f"'z{number}' || upper(id)")
    record_many(5, start=LATER)
    assert sweep_unsealed(now=LATER, batch_size=2) == 5
    assert kinds(verify()) == [FindingKind.EVENT_ID_OUT_OF_FORM] * 10


def test_sealed_event_whose_id_was_respelled_is_gone_and_named(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        run_sql("UPDATE audit_event SET id = upper(id) WHERE id = %s", stored(log[1]))
    found = [(finding.kind, finding.seal_number) for finding in verify().findings]
    assert found == [(FindingKind.EVENT_DELETED, 2), (FindingKind.EVENT_ID_OUT_OF_FORM, None)]


def test_seal_row_whose_pointer_was_respelled_is_named(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        run_sql("UPDATE audit_sealed_event SET event_id = upper(event_id) WHERE seal_number = 2")
    found = [(finding.kind, finding.seal_number) for finding in verify().findings]
    assert found == [(FindingKind.SEAL_ROW_UNREADABLE, 2)]


# A name twice in one object ------------------------------------------------------------------------------------------

TWICE = [
    '{"reason": "forged", "reason": "test"}',
    '{"reason": "test", "\\u0072eason": "test"}',
    '{"reason": "test", "more": [{"a": 1, "a": 1}]}',
]


@pytest.mark.parametrize("details", TWICE)
def test_sealed_event_that_can_be_read_in_two_ways_is_named(log: list[AuditEvent], details: str) -> None:
    if ON_POSTGRESQL:
        return  # jsonb drops the first of them on its way in; what is then stored differs or is the same
    with triggers_dropped():
        run_sql("UPDATE audit_event SET details = %s WHERE id = %s", details, stored(log[1]))
    (found,) = verify().findings
    assert (found.kind, found.seal_number) == (FindingKind.EVENT_UNREADABLE, 2)
    assert "not in one way only" in found.message


def test_personal_values_that_can_be_read_in_two_ways_are_named(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        sql = """UPDATE audit_event SET personal = '{"ip": "198.51.100.1", ' || substr(personal, 2) WHERE id = %s"""
        run_sql(sql, stored(log[1]))
    assert [(f.kind, f.seal_number) for f in verify().findings] == [(FindingKind.EVENT_UNREADABLE, 2)]


@pytest.mark.parametrize("details", TWICE)
def test_unsealed_event_that_can_be_read_in_two_ways_stays_behind_and_is_named(details: str) -> None:
    if ON_POSTGRESQL:
        return
    odd, good = record_many(2)
    with triggers_dropped():
        run_sql("UPDATE audit_event SET details = %s WHERE id = %s", details, stored(odd))
    with capture_logs() as lines:
        assert seal_pending(now=LATER) == 1
    assert SealedEvent.objects.get().event_id == good.id
    assert [line["first"] for line in lines if line["event"] == "audit_events_unreadable"] == [stored(odd)]
    report = verify_log(now=LATER + timedelta(hours=1))
    assert [(finding.kind, finding.event_id) for finding in report.findings] == [
        (FindingKind.EVENT_UNREADABLE, odd.id)
    ]


def test_postgresql_keeps_no_name_twice(log: list[AuditEvent]) -> None:
    if not ON_POSTGRESQL:
        return
    with triggers_dropped():
        run_sql("UPDATE audit_event SET details = %s WHERE id = %s", TWICE[0], stored(log[1]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT details::text FROM audit_event WHERE id = %s", [stored(log[1])])
        assert cursor.fetchone() == ('{"reason": "test"}',)
    assert verify().is_intact


# The same value in another form ---------------------------------------------------------------------------------------

SAME_VALUE = {
    "another offset": "occurred_at = '2026-11-24 03:29:00.124456+14:00'",
    "offset said": "occurred_at = occurred_at || '+00:00'",
    "another digit": "occurred_at = occurred_at || '0'",
    "a letter between": "occurred_at = replace(occurred_at, ' ', 'T')",
    "bytes for a time": "occurred_at = CAST(occurred_at AS BLOB)",
    "space behind": "details = details || '  '",
    "space between": "details = replace(details, ':', ' :')",
    "escaped": "details = replace(details, 'test', '\\u0074est')",
    "bytes for details": "details = CAST(details AS BLOB)",
    "personal values": "personal = personal || ' '",
}


@pytest.mark.parametrize("change", SAME_VALUE.values(), ids=SAME_VALUE)
def test_sealed_event_in_another_form_is_named(log: list[AuditEvent], change: str) -> None:
    if ON_POSTGRESQL:
        return  # it stores times and JSON parsed: there is no other form
    with triggers_dropped():
        run_sql("PRAGMA ignore_check_constraints = ON")
        run_sql(f"UPDATE audit_event SET {change} WHERE id = %s", stored(log[1]))
        run_sql("PRAGMA ignore_check_constraints = OFF")
    found = [(finding.kind, finding.seal_number) for finding in verify().findings]
    assert found == [(FindingKind.EVENT_UNREADABLE, 2)]


def test_checkpoint_whose_time_is_in_another_form_is_named(log: list[AuditEvent]) -> None:
    if ON_POSTGRESQL:
        return
    with triggers_dropped():
        run_sql("UPDATE audit_seal_batch SET sealed_at = sealed_at || '+00:00'")
    assert FindingKind.CHECKPOINT_UNREADABLE in kinds(verify())


@pytest.mark.parametrize("microsecond", [0, 120000, 999999])
def test_every_time_and_text_that_the_program_writes_is_in_form(microsecond: int) -> None:
    record(
        now=NOW.replace(microsecond=microsecond), details={"words": ["\u00fc \U0001f600", 7, True, None, {}]}
    )
    assert seal_pending(now=LATER.replace(microsecond=microsecond)) == 1
    assert verify().is_intact
