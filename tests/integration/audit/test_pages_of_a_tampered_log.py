# ruff: noqa: S608 - the statements are made of the names of our own columns
"""Whatever stands in a column of the log, its pages stand too and say so, and verification ends in findings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.audit.errors import SealChainBroken
from apps.audit.models import AuditEvent, AuditVerificationRun, SealBatch, SealedEvent, SealSubtree
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import record_verification, verify_log
from tests.factories.keys import make_signing_keys
from tests.integration.admin.desk import at_desk, listing, make_superuser, page_of, text_of
from tests.integration.audit.log_setup import record, triggers_dropped

pytestmark = pytest.mark.django_db
ON_POSTGRESQL = connection.vendor == "postgresql"
TABLES: list[Any] = [AuditEvent, SealedEvent, SealBatch, SealSubtree, AuditVerificationRun]
COLUMNS = [(model, field.column) for model in TABLES for field in model._meta.concrete_fields]
DEEP = "[" * 900 + "]" * 900
# As SQL, by the type of the column; each database takes those that its column can hold.
TEXTS = ["'weird'"] if ON_POSTGRESQL else ["'weird'", "x'fffe'", "CAST(x'fffe' AS TEXT)"]
TIMES = (
    ["'0044-03-15 BC'", "'infinity'", "'0001-01-01 00:00:00+00'"]
    if ON_POSTGRESQL
    else ["'x'", "7", "'2026-13-45 99:00:00'", "'0001-01-01 00:00:00'"]
)
NUMBERS = ["2", "-1", f"{2**63 - 1}"] if ON_POSTGRESQL else ["'x'", "-1", f"{2**63 - 1}", "1.5"]
DOCUMENTS = [
    f"""'{{"reason": {DEEP}, "before": {DEEP}}}'""",
    """'{"before": 7, "after": []}'""",
    "'[]'",
    "'7'",
]
DOCUMENTS += ["""'{"n": 1e400}'"""] if ON_POSTGRESQL else ["""'{"reason": "\\ud800"}'""", "'{'", "x'fffe'"]
BYTES = ["'\\x00'", "''"] if ON_POSTGRESQL else ["'text'", "7", "x'00'"]
IDS = ["'00000000-0000-0000-0000-000000000000'"] if ON_POSTGRESQL else ["'zz'", "7", "x'fffe'"]
TRUTHS = ["false"] if ON_POSTGRESQL else ["7", "'x'"]


@pytest.fixture
def log(tmp_path: Any, settings: Any) -> None:
    settings.AUDIT_WITNESS_FILE = tmp_path / "audit_witness"
    make_signing_keys()
    record(now=timezone.now())
    seal_pending(now=timezone.now())
    for _ in range(3):
        record(now=timezone.now())
    seal_pending(now=timezone.now())
    record_verification(report=verify_log(now=timezone.now()), now=timezone.now())


def values_for(model: Any, column: str) -> list[str]:
    kind = model._meta.get_field(column).get_internal_type()
    if kind in ("CharField", "TextField"):
        return TEXTS
    return {
        "DateTimeField": TIMES,
        "JSONField": DOCUMENTS,
        "BinaryField": BYTES,
        "UUIDField": IDS,
        "BooleanField": TRUTHS,
    }.get(kind, NUMBERS)


def change(model: Any, row: Any, column: str, value: str) -> bool:
    """Whether the database took it."""
    key = model._meta.pk.get_db_prep_value(row.pk, connection)
    sql = f"UPDATE {model._meta.db_table} SET {column} = {value} WHERE {model._meta.pk.column} = %s"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [key])
    except (DatabaseError, OverflowError):
        return False
    return True


@contextmanager
def tampering() -> Iterator[None]:
    with triggers_dropped():
        pragma("ON")
        yield
        pragma("OFF")


def pragma(state: str) -> None:
    if not ON_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA ignore_check_constraints = {state}")


def seal_if_possible() -> None:
    for seal in (seal_pending, sweep_unsealed):
        point = transaction.savepoint()
        try:
            seal(now=timezone.now())
        except SealChainBroken:
            transaction.savepoint_rollback(point)


@pytest.mark.parametrize(("model", "column"), COLUMNS, ids=lambda part: getattr(part, "__name__", part))
def test_pages_stand_and_verification_ends_whatever_a_column_holds(
    log: None, model: Any, column: str
) -> None:
    browser = at_desk(make_superuser())
    seal_pending(now=timezone.now())
    if model is SealSubtree:
        SealSubtree.objects.create(level=1, position=0, root_hash=bytes(32))
    event = AuditEvent.objects.get(pk=SealedEvent.objects.order_by("-pk")[0].event_id)
    row = event if model is AuditEvent else model.objects.order_by("-pk").first()
    pages = [listing(f"audit.{name}") for name in ("auditevent", "sealbatch", "auditverificationrun")]
    pages += ["/admin/", listing("dashboards.systemstatus"), page_of(event)]
    pages += [page_of(row)] if model in (SealBatch, AuditVerificationRun) else []
    taken = 0
    for value in values_for(model, column):
        point = transaction.savepoint()
        with tampering():
            is_taken = change(model, row, column, value)
        if is_taken:
            taken += 1
            for page in pages:
                # An event or checkpoint under another key is not where it was.
                assert browser.get(page).status_code in (200, 302), (page, value)
            seal_if_possible()
            report = verify_log(now=timezone.now())
            is_found = model is AuditVerificationRun or (model is SealSubtree and column == "id")
            assert is_found or not report.is_intact, value
        transaction.savepoint_rollback(point)
    assert taken


def test_page_shows_what_cannot_be_read_as_such_and_says_that_the_log_does_not_verify(log: None) -> None:
    browser = at_desk(make_superuser())
    event = AuditEvent.objects.order_by("-pk")[0]
    batch = SealBatch.objects.order_by("-pk")[0]
    with tampering():
        assert change(AuditEvent, event, "outcome", "'weird'")
        assert change(SealBatch, batch, "sealed_at", "'0044-03-15 BC'")
    for page in (listing("audit.auditevent"), page_of(event)):
        shown = text_of(browser.get(page))
        assert "Unreadable: weird" in shown
        assert "the log does not verify" in shown
    for page in ("/admin/", listing("audit.sealbatch"), listing("audit.auditverificationrun")):
        assert "Does not verify" in text_of(browser.get(page))
    assert "0044-03-15" in text_of(browser.get(listing("audit.sealbatch")))
    assert "the log does not verify" in text_of(browser.get(listing("dashboards.systemstatus")))
