"""Questions about mails."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.jobs.selectors import last_done_at, retrying_count
from apps.mail.address import can_be_written_to as can_be_written_to
from apps.mail.conf import Delivery as Delivery
from apps.mail.conf import delivery
from apps.mail.models import KeptMail
from apps.mail.ports import MailKind, mail_kinds


def is_mail_sent() -> bool:
    """Whether a mail that is asked for goes anywhere: without a server, production sends none."""
    return delivery() is not Delivery.NONE


def is_mail_kept() -> bool:
    return delivery() is Delivery.KEPT


def kept_mails() -> QuerySet[KeptMail]:
    """The newest first; without what stands in them."""
    return KeptMail.objects.order_by("-pk").defer("text", "html")


def kept_mail(mail_id: UUID) -> KeptMail | None:
    return KeptMail.objects.filter(pk=mail_id).first()


def job_name(kind: MailKind) -> str:
    return f"mail.{kind.name}"


@dataclass(frozen=True)
class MailStanding:
    """`server` is empty when there is none; `waiting` are mails that the server has not taken yet."""

    delivery: Delivery
    server: str
    sender: str
    last_sent_at: datetime | None
    waiting: int


def mail_standing() -> MailStanding:
    names = [job_name(kind) for kind in mail_kinds]
    return MailStanding(
        delivery=delivery(),
        server=f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if delivery() is Delivery.SERVER else "",
        sender=settings.DEFAULT_FROM_EMAIL,
        last_sent_at=last_done_at(kinds=names),
        waiting=retrying_count(kinds=names),
    )
