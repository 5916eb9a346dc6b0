"""Appending takes no lock that a sealer holds: shown by stopping the sealer in mid-transaction, not by timing."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from apps.audit.models import AuditEvent, SealedEvent
from apps.audit.ports import SYSTEM, AuditSignature, Outcome, Signer, signer
from apps.audit.services.record import record_event
from apps.audit.services.sealing import seal_pending
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys.events import KeyAction
from apps.keys.services.signing_keys import ensure_signing_keys

NOW = datetime(2026, 11, 23, 13, 29, tzinfo=UTC)
PATIENCE_SECONDS = 60


def append(at: datetime) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # An append that had to wait for the sealer fails here instead of hanging.
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            record_event(
                action=KeyAction.SIGNING_KEY_CREATED,
                outcome=Outcome.SUCCESS,
                actor=SYSTEM,
                origin=SYSTEM_ORIGIN,
                now=at,
            )
    finally:
        connections.close_all()


class AppendsWhileItSigns:
    """Signing is in the middle of the sealer's transaction, with its lock held and its seal rows written."""

    def __init__(self, real: Signer, pool: ThreadPoolExecutor) -> None:
        self._real, self._pool = real, pool
        self.seals_seen_by_others: list[int] = []

    def sign(self, message: bytes) -> AuditSignature:
        appended: Future[None] = self._pool.submit(append, NOW + timedelta(seconds=1))
        appended.result(PATIENCE_SECONDS)
        self.seals_seen_by_others.append(self._pool.submit(_sealed).result(PATIENCE_SECONDS))
        return self._real.sign(message)

    def verify(self, message: bytes, signature: AuditSignature) -> bool:
        return self._real.verify(message, signature)

    def key_id(self) -> str:
        return self._real.key_id()

    def public_key(self, key_id: str) -> bytes | None:
        return self._real.public_key(key_id)

    def given_up(self) -> Mapping[str, datetime]:
        return self._real.given_up()


def _sealed() -> int:
    try:
        return SealedEvent.objects.count()
    finally:
        connections.close_all()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as running:
        yield running


@pytest.mark.django_db(transaction=True)
def test_event_is_appended_while_a_sealer_is_in_mid_transaction(pool: ThreadPoolExecutor) -> None:
    if connection.vendor != "postgresql":
        return  # one writer at a time is SQLite's own rule

    ensure_signing_keys(now=NOW)
    before = AuditEvent.objects.count()
    held = AppendsWhileItSigns(signer.get(), pool)
    with signer.replaced(held):
        assert seal_pending(now=NOW + timedelta(seconds=2)) == before
    assert held.seals_seen_by_others == [0]
    assert AuditEvent.objects.count() == before + 1
