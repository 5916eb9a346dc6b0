"""What making the demonstration leaves in the log."""

from apps.audit.ports import SYSTEM, AuditAction, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.transfer.clock import Clock


def record(action: AuditAction, target: Subject | None, clock: Clock, **values: object) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=clock(),
        target=target,
        **values,  # type: ignore[arg-type]  # details, before and after, passed on
    )


def plain(value: object) -> str | None:
    return None if value is None else str(value)
