"""Audit actions of background work."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class JobAction(AuditAction):
    JOB_GAVE_UP = "job.gave_up"
    """A job failed for the last time that its kind allows; it waits for an administrator."""
    JOB_RETRIED = "job.retried"
    """An administrator had a job that gave up tried again."""
    JOB_CANCELLED = "job.cancelled"
    """An administrator took a job back that had not begun, or that gave up."""
    TASK_ASKED_FOR = "scheduled_task.asked_for"
    """An administrator had a scheduled task run at once, beside its clock."""


told_to_people.update(
    {
        JobAction.JOB_GAVE_UP: None,
        JobAction.JOB_RETRIED: Told(Topic.ADMINISTRATION, by_you=_("You had a background job tried again.")),
        JobAction.TASK_ASKED_FOR: Told(
            Topic.ADMINISTRATION, by_you=_("You had a scheduled task run at once.")
        ),
        JobAction.JOB_CANCELLED: Told(Topic.ADMINISTRATION, by_you=_("You cancelled a background job.")),
    }
)
