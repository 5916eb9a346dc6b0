"""Holding the log against what earlier verifications saw of it and wrote into it as events.

It is proof only against somebody who forgets these events: they stand in the database too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.canonical import canonical_time
from apps.audit.careful_reading import readable_rows
from apps.audit.constants import MAX_NUMBER
from apps.audit.event_id_form import IsIdInForm
from apps.audit.events import AuditLogAction
from apps.audit.findings import Finding, FindingKind
from apps.audit.models import AuditEvent, SealBatch

AT_A_TIME = 500


@dataclass(frozen=True)
class EarlierVerification:
    event_id: UUID
    at: datetime
    tree_size: int
    root: str
    """In hexadecimal."""


def findings_of_earlier_verifications() -> Iterator[Finding]:
    """One for each verification that saw a checkpoint which the log does not hold any more."""
    verified = AuditEvent.objects.filter(action=AuditLogAction.LOG_VERIFIED.value)
    events = verified.filter(IsIdInForm("pk")).order_by("id")
    page = list(events.values_list("pk", flat=True)[:AT_A_TIME])
    while page:
        # One that cannot be read is named where its seal is checked.
        read, _ = readable_rows(page, _read)
        yield from _contradicted([verification for verification in read if verification is not None])
        page = list(events.filter(pk__gt=page[-1]).values_list("pk", flat=True)[:AT_A_TIME])


def _contradicted(verifications: Sequence[EarlierVerification]) -> Iterator[Finding]:
    rows = SealBatch.objects.filter(tree_size__in={earlier.tree_size for earlier in verifications})
    held = dict(rows.values_list("tree_size", "root_hash"))
    for earlier in verifications:
        root: object = held.get(earlier.tree_size)
        # On SQLite a column can hold what is no binary value at all.
        if isinstance(root, (bytes, memoryview)) and bytes(root).hex() == earlier.root:
            continue
        now = "no checkpoint has that size" if root is None else "another root stands there"
        message = (
            f"The verification of {canonical_time(earlier.at)} (event {earlier.event_id}) saw {earlier.tree_size} "
            f"sealed events under the root {earlier.root[:16]}…; now {now}. The log was cut or sealed anew."
        )
        yield Finding(FindingKind.VERIFICATION_CONTRADICTED, message, event_id=earlier.event_id)


def _read(ids: Sequence[UUID]) -> list[EarlierVerification | None]:
    events = AuditEvent.objects.filter(pk__in=ids).order_by("id")
    return [_earlier(*values) for values in events.values_list("pk", "occurred_at", "details")]


def _earlier(event_id: UUID, at: datetime, details: Any) -> EarlierVerification | None:
    """None when that verification found nothing sealed."""
    tree_size, root = details.get("tree_size"), details.get("root_hash")
    if type(tree_size) is not int or not 0 < tree_size <= MAX_NUMBER or not isinstance(root, str):
        return None
    canonical_time(at)
    return EarlierVerification(event_id, at, tree_size, root)
