"""A signer, events and a way past the triggers, for the tests of the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import unique
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from apps.audit.models import AuditEvent
from apps.audit.ports import AuditAction, AuditSignature, Outcome, Subject
from apps.audit.services.record import record_event
from apps.audit.triggers import TABLES, install_triggers, remove_triggers
from apps.core.origin import Origin

NOW = datetime(2026, 11, 23, 13, 29, 0, 123456, tzinfo=UTC)
ALICE = Subject(kind="user", id="0192f3a0-0000-7000-8000-00000000a11c", label="alice@example.com")
ORIGIN = Origin(ip="192.0.2.7", user_agent="Mozilla/5.0", request_id="req-1")


@unique
class LogTestAction(AuditAction):
    DOOR_OPENED = "door.opened"


class LogTestSigner:
    def __init__(self) -> None:
        self.private_key = Ed25519PrivateKey.generate()

    def sign(self, message: bytes) -> AuditSignature:
        return AuditSignature(key_id="test", algorithm="Ed25519", value=self.private_key.sign(message))

    def verify(self, message: bytes, signature: AuditSignature) -> bool:
        try:
            self.private_key.public_key().verify(signature.value, message)
        except InvalidSignature:
            return False
        return signature.key_id == "test"

    def key_id(self) -> str:
        return "test"

    def public_key(self, key_id: str) -> bytes | None:
        return self.private_key.public_key().public_bytes_raw() if key_id == "test" else None

    def given_up(self) -> dict[str, datetime]:
        return {}


def record(*, now: datetime = NOW, **values: Any) -> AuditEvent:
    arguments: dict[str, Any] = {
        "action": LogTestAction.DOOR_OPENED,
        "outcome": Outcome.SUCCESS,
        "actor": ALICE,
        "origin": ORIGIN,
        "details": {"reason": "test"},
        "before": {"open": False},
        "after": {"open": True},
    }
    with transaction.atomic():
        return record_event(now=now, **(arguments | values))


def record_many(count: int, *, start: datetime = NOW) -> list[AuditEvent]:
    """Events a millisecond apart, in the order in which they will be sealed."""
    return [record(now=start + timedelta(milliseconds=number)) for number in range(count)]


@contextmanager
def triggers_dropped() -> Iterator[None]:
    """What somebody with full power over the database would do first, and last."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        else:
            remove_triggers(cursor, connection.vendor)
            yield
            install_triggers(cursor, connection.vendor)


def run_sql(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def stored(event: AuditEvent) -> str:
    """The id as the column holds it."""
    return str(event.id) if connection.vendor == "postgresql" else event.id.hex
