"""What the administration's own pages hang on: a right, and counts that save it reading the log."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SystemStatus(models.Model):
    """No table: what the right to look at the state of the system hangs on."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        permissions = (("run_scheduledtask", "Can have scheduled tasks run at once"),)
        verbose_name = _("system status")
        verbose_name_plural = _("system status")

    def __str__(self) -> str:
        return "system status"


class ActivityCount(models.Model):
    """How many events of a kind a quarter of an hour had: no time zone is off by anything finer."""

    action = models.CharField(max_length=64)
    quarter = models.DateTimeField()
    reason = models.CharField(max_length=64, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    number = models.PositiveBigIntegerField()

    class Meta:
        db_table = "dashboards_activity_count"
        default_permissions = ()
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        constraints = (
            models.UniqueConstraint(
                fields=("action", "quarter", "reason", "client_id"), name="dashboards_activity_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.quarter:%Y-%m-%d %H:%M}: {self.number}"
