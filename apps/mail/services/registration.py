"""Making a kind of mail known: for those who ask for it, and as a kind of job."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.jobs.ports import JobKind, kinds
from apps.mail.conf import ATTEMPTS, FIRST_DELAY, LEASE, LONGEST_DELAY
from apps.mail.ports import MailKind, mail_kinds
from apps.mail.selectors import job_name
from apps.mail.services.delivery import deliver, note_given_up


def register_mail(kind: MailKind) -> None:
    """For `AppConfig.ready()`."""
    mail_kinds.register(kind)
    kinds.register(
        JobKind(
            name=job_name(kind),
            title=format_lazy(_("Mail: {title}"), title=kind.title),
            run=lambda attempt: deliver(kind, attempt),
            attempts=ATTEMPTS,
            lease=LEASE,
            first_delay=FIRST_DELAY,
            longest_delay=LONGEST_DELAY,
            gave_up=lambda attempt, reason: note_given_up(kind, attempt, reason),
        )
    )
