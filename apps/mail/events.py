"""Audit actions of mails: which kind of mail went to whom, never what stood in it."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class MailAction(AuditAction):
    MAIL_SENT = "mail.sent"
    """A mail was handed to the mail server, or kept where embedded mode shows it."""
    MAIL_GAVE_UP = "mail.gave_up"
    """A mail could not be sent and is not tried any more; the reason says why."""


told_to_people.update(
    {
        MailAction.MAIL_SENT: Told(
            Topic.RECORD,
            by_you=_("A mail was sent to you."),
            by_you_to=_("A mail was sent to %(target)s after something you did."),
            by_nobody=_("A mail was sent to you."),
        ),
        MailAction.MAIL_GAVE_UP: Told(
            Topic.RECORD,
            by_you=_("A mail to you could not be sent."),
            by_you_to=_("A mail to %(target)s, after something you did, could not be sent."),
            by_nobody=_("A mail to you could not be sent."),
        ),
    }
)
