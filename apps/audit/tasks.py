import time

import structlog
from celery import shared_task
from django.utils import timezone

from apps.audit.errors import SealChainBroken
from apps.audit.services.partitions import ensure_partitions
from apps.audit.services.reading import read_on, reader_named
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import record_verification, verify_log
from apps.audit.services.waking import READ_LOG, wake_reader, wake_readers

# A reader with a long way to go lets others have the worker now and then.
TURN_SECONDS = 20

log = structlog.get_logger(__name__)


@shared_task(name="audit.seal_pending", ignore_result=True)
def seal_audit_log() -> None:
    if seal_pending(now=timezone.now()):
        wake_readers(now=timezone.now())


@shared_task(name="audit.sweep_unsealed", ignore_result=True)
def sweep_audit_log() -> None:
    if sweep_unsealed(now=timezone.now()):
        wake_readers(now=timezone.now())


@shared_task(name=READ_LOG, ignore_result=True)
def read_audit_log(name: str) -> None:
    reader, until = reader_named(name), time.monotonic() + TURN_SECONDS
    while reader is not None and read_on(reader=reader, now=timezone.now()):
        if time.monotonic() > until:
            wake_reader(name)
            return


@shared_task(name="audit.wake_readers", ignore_result=True)
def wake_late_readers() -> None:
    """Those whose wake-up was lost, and those whose next attempt is due."""
    wake_readers(now=timezone.now())


@shared_task(name="audit.ensure_partitions", ignore_result=True)
def open_audit_partitions() -> None:
    ensure_partitions(now=timezone.now())


@shared_task(name="audit.verify_log", ignore_result=True)
def verify_audit_log() -> None:
    """The outcome is kept for the admin and written into the log; tampering is an error in the process log too.

    What waits is sealed first: on the first day nothing is yet, and a verdict on nothing would stand until the next.
    """
    try:
        seal_audit_log()
    except SealChainBroken:
        log.exception("audit_log_not_sealed_before_verification")
    report = verify_log(now=timezone.now())
    record_verification(report=report, now=timezone.now())
    if not report.is_intact:
        log.error("audit_log_tampered", findings=report.finding_count, first=report.findings[0].message)
