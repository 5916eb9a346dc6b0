"""Mails that embedded mode keeps instead of sending them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.fields import EncryptedTextField
from apps.core.ids import uuid7


class KeptMail(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField(_("to"), max_length=320)
    subject = models.CharField(_("subject"), max_length=200)
    # They hold one-time links.
    text = EncryptedTextField(_("text"))
    html = EncryptedTextField(_("HTML"))
    kept_at = models.DateTimeField(_("kept at"))

    class Meta:
        verbose_name = _("kept mail")
        verbose_name_plural = _("kept mails")
        ordering = ("-pk",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject
