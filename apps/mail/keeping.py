"""The mail backend of embedded mode: keeps the newest mails in the database, and sends none."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from apps.mail.conf import KEPT_MAILS
from apps.mail.models import KeptMail


class KeepingBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            for message in email_messages:
                KeptMail.objects.create(
                    address=", ".join(message.recipients())[:320],
                    subject=str(message.subject)[:200],
                    text=str(message.body),
                    html=_html(message),
                    kept_at=timezone.now(),
                )
            kept = list(KeptMail.objects.order_by("-pk").values_list("pk", flat=True)[:KEPT_MAILS])
            KeptMail.objects.filter(pk__lt=kept[-1]).delete()
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in alternatives if kind == "text/html"), "")
