import structlog
from celery import shared_task
from django.utils import timezone

from apps.audit.services.partitions import ensure_partitions
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import record_verification, verify_log

log = structlog.get_logger(__name__)


@shared_task(name="audit.seal_pending", ignore_result=True)
def seal_audit_log() -> None:
    seal_pending(now=timezone.now())


@shared_task(name="audit.sweep_unsealed", ignore_result=True)
def sweep_audit_log() -> None:
    sweep_unsealed(now=timezone.now())


@shared_task(name="audit.ensure_partitions", ignore_result=True)
def open_audit_partitions() -> None:
    ensure_partitions(now=timezone.now())


@shared_task(name="audit.verify_log", ignore_result=True)
def verify_audit_log() -> None:
    """The outcome is kept for the admin and written into the log; tampering is an error in the process log too."""
    report = verify_log(now=timezone.now())
    record_verification(report=report, now=timezone.now())
    if not report.is_intact:
        log.error("audit_log_tampered", findings=report.finding_count, first=report.findings[0].message)
