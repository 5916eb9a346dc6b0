"""Everything that is encrypted at rest comes under the first key of the keyring, so that older ones may go."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.encrypted_columns import (
    EncryptedColumn,
    count_under_other_keys,
    encrypt_batch_anew,
    encrypted_columns,
)
from apps.core.encryption import keyring
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.jobs.errors import JobFailed
from apps.jobs.ports import Attempt, JobKind
from apps.jobs.services.enqueue import enqueue
from apps.jobs.services.work import job_subject
from apps.keys.events import KeyAction

KIND = "keys.reencrypt"
BATCH = 500
COUNTED = 1_000


def request_reencryption(*, actor: Subject, origin: Origin, now: datetime) -> UUID:
    """The job that does it, or the one that is at it already for this key."""
    key_id = keyring().primary_key_id
    with transaction.atomic():
        job = enqueue(kind=KIND, key=key_id, payload={"key_id": key_id}, actor=actor, now=now)
        record_event(
            action=KeyAction.REENCRYPTION_REQUESTED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=job_subject(job),
            details={"key_id": key_id},
        )
    return job.pk


def reencrypt(attempt: Attempt) -> Mapping[str, Any]:
    """Column after column in the order of primary keys; goes on where the last attempt's last batch ended."""
    key_id = str(attempt.payload["key_id"])
    if keyring().primary_key_id != key_id:
        raise JobFailed(
            f"This worker encrypts with another key than {key_id}: restart it with the new setting."
        )
    position = {"column": "", "after": None, "seen": 0, "written": 0, "unreadable": 0} | dict(
        attempt.position
    )
    if not attempt.position:
        total = sum(column.under_other_keys().order_by().count() for column in encrypted_columns())
        attempt.advance(done=0, total=total, position=position)
    for column in encrypted_columns():
        if column.name >= position["column"]:
            _walk(attempt, column, position)
    outcome = {
        "key_id": key_id,
        "encrypted": position["written"],
        "unreadable": position["unreadable"],
        "left": count_under_other_keys(limit=COUNTED),
    }
    _record_finished(attempt, outcome)
    return outcome


def _walk(attempt: Attempt, column: EncryptedColumn, position: dict[str, Any]) -> None:
    if position["column"] != column.name:
        position |= {"column": column.name, "after": None}
    while True:
        with transaction.atomic():
            batch = encrypt_batch_anew(column, after=position["after"], size=BATCH)
            if batch.last is None:
                return
            position["after"] = str(batch.last)
            for name in ("seen", "written", "unreadable"):
                position[name] += getattr(batch, name)
            attempt.advance(done=position["seen"], position=position)


def _record_finished(attempt: Attempt, outcome: Mapping[str, Any]) -> None:
    with transaction.atomic():
        record_event(
            action=KeyAction.REENCRYPTION_FINISHED,
            outcome=Outcome.ERROR if outcome["unreadable"] else Outcome.SUCCESS,
            actor=attempt.actor,
            origin=SYSTEM_ORIGIN,
            now=timezone.now(),
            details=outcome,
        )


REENCRYPTION = JobKind(name=KIND, title=_("Encrypt with the new key"), run=reencrypt)
