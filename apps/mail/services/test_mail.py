"""The mail by which an administrator sees that mails arrive."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.ports import Subject
from apps.mail.ports import Fact, Letter, MailKind, Order
from apps.mail.services.sending import send


def write_test_mail(order: Order) -> Letter:
    asked_at = timezone.localtime(datetime.fromisoformat(order.facts["asked_at"]))
    return Letter(
        subject=_("Test mail"),
        paragraphs=(_("This installation can send mail, and it reaches you."),),
        facts=(Fact(_("Asked for"), date_format(asked_at, "DATETIME_FORMAT")),),
    )


TEST_MAIL = MailKind(
    name="test", title=gettext_lazy("Test"), write=write_test_mail, needs_verified_address=False
)


@transaction.atomic
def send_test_mail(*, to: Subject, now: datetime) -> bool:
    """Whether one goes out, or waits to go out already."""
    return send(kind=TEST_MAIL, to=to, actor=to, now=now, facts={"asked_at": now.isoformat()}, once=True)
