"""No tables: what the right to look at the state of the system hangs on."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SystemStatus(models.Model):
    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = _("system status")
        verbose_name_plural = _("system status")

    def __str__(self) -> str:
        return "system status"
