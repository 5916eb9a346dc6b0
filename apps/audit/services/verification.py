"""Checking the whole log against its signed checkpoints, its witnesses and its earlier verifications."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from apps.audit.canonical import canonical_time
from apps.audit.checkpoint_rows import checkpoints
from apps.audit.conf import seal_lookback
from apps.audit.earlier_verifications import findings_of_earlier_verifications
from apps.audit.event_id_form import ids_out_of_form
from apps.audit.events import AuditLogAction
from apps.audit.findings import Finding, FindingKind, VerificationReport
from apps.audit.log_walk import LogWalk
from apps.audit.models import AuditVerificationRun
from apps.audit.ports import SYSTEM, Outcome, signer
from apps.audit.selectors import unsealed_events
from apps.audit.services.record import record_event
from apps.audit.services.witnessing import compare_with_witnesses
from apps.audit.triggers import missing_triggers
from apps.audit.unsealed_rows import as_uuid, read_unsealed
from apps.core.ids import uuid7_floor
from apps.core.origin import SYSTEM_ORIGIN

DEFAULT_FINDING_LIMIT = 100
TRIGGERS_NAMED = 3

Progress = Callable[[int], None]


def verify_log(
    *,
    now: datetime,
    limit: int = DEFAULT_FINDING_LIMIT,
    progress: Progress | None = None,
    witnesses: Sequence[Path] = (),
) -> VerificationReport:
    """Checks every seal, checkpoint, and sealed event, and the log against what earlier verifications saw of it.

    Keeps the first `limit` findings and counts the rest.

    `witnesses` are files kept elsewhere, held against the log beside its own witness file: other witness files,
    or process logs. `progress` is called with the number of events checked so far.

    Raises: PortEmpty when no signer is registered, WitnessUnreadable for one of `witnesses`.
    """
    key = signer.get()
    report = VerificationReport(started_at=now, limit=limit)
    compare_with_witnesses(report, signer=key, others=witnesses)
    walk = LogWalk(signer=key, report=report)
    for batch in checkpoints():
        if isinstance(batch, int):
            walk.pass_unreadable(batch)
        else:
            walk.check(batch)
        if progress is not None:
            progress(report.sealed_count)
    walk.finish()
    for finding in findings_of_earlier_verifications():
        report.add(finding)
    for stored_id in ids_out_of_form():
        message = f"Event '{stored_id}' has an id out of form: it was put in or changed past the program."
        report.add(Finding(FindingKind.EVENT_ID_OUT_OF_FORM, message))
    _look_at_unsealed(report, now=now)
    missing = missing_triggers(connection)
    if missing:
        report.warnings.append(_without_triggers(missing))
    if report.erased_count:
        report.warnings.append(_erased(report.erased_count))
    return report


def _without_triggers(missing: list[str]) -> str:
    """One warning however many there are: whoever drops one usually drops all."""
    if len(missing) == 1:
        return f"Trigger {missing[0]} is missing or disabled: the database does not refuse changes."
    named = ", ".join(missing[:TRIGGERS_NAMED])
    more = f" and {len(missing) - TRIGGERS_NAMED} more" if len(missing) > TRIGGERS_NAMED else ""
    return f"Triggers {named}{more} are missing or disabled: the database does not refuse changes."


def _erased(count: int) -> str:
    """Nothing in the program erases yet: once it does, each erasure is an event to be held against."""
    of = "1 event" if count == 1 else f"{count:,} events"
    return f"The personal values of {of} were erased, and no event of this log says by whom."


def record_verification(*, report: VerificationReport, now: datetime) -> AuditVerificationRun:
    """Keeps the outcome to be shown, and writes it into the log itself."""
    first = report.findings[0].message if report.findings else ""
    with transaction.atomic():
        run = AuditVerificationRun.objects.create(
            started_at=report.started_at,
            finished_at=now,
            is_intact=report.is_intact,
            sealed_count=report.sealed_count,
            erased_count=report.erased_count,
            unsealed_count=report.unsealed_count,
            witnessed_count=report.witnessed_count,
            finding_count=report.finding_count,
            first_finding=first,
            warnings="\n".join(report.warnings),
        )
        record_event(
            action=AuditLogAction.LOG_VERIFIED,
            outcome=Outcome.SUCCESS if report.is_intact else Outcome.ERROR,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=now,
            details={
                "sealed": report.sealed_count,
                "findings": report.finding_count,
                "first_finding": first,
                "warnings": len(report.warnings),
                "root_hash": report.root_hash.hex() if report.root_hash else "",
                "tree_size": report.tree_size,
                "witnessed": report.witnessed_count,
            },
        )
    return run


def _look_at_unsealed(report: VerificationReport, *, now: datetime) -> None:
    unsealed = unsealed_events(after=None)
    report.unsealed_count = unsealed.count()
    overdue = unsealed.filter(id__lt=uuid7_floor(now - seal_lookback()))
    page = read_unsealed(overdue[: report.limit])
    for sealable in page.sealable:
        content = sealable.content
        report.note(f"Event {content.id} claims {canonical_time(content.occurred_at)} and has no seal yet.")
    for event_id in page.unreadable:
        what = "has no seal and holds values that cannot be read, or not in one way only: it was put in"
        message = f"Event {event_id} {what}."
        report.add(Finding(FindingKind.EVENT_UNREADABLE, message, event_id=as_uuid(event_id)))
