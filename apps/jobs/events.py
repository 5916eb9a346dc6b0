"""Audit actions of background work."""

from apps.audit.ports import AuditAction


class JobAction(AuditAction):
    JOB_GAVE_UP = "job.gave_up"
    """A job failed for the last time that its kind allows; it waits for an administrator."""
    JOB_RETRIED = "job.retried"
    """An administrator had a job that gave up tried again."""
    JOB_CANCELLED = "job.cancelled"
    """An administrator took a job back that had not begun, or that gave up."""
