from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class AuditLogAction(AuditAction):
    LOG_VERIFIED = "log.verified"
    """The whole log was checked against its signed checkpoints; error means that tampering was found."""
    EVIDENCE_EXPORTED = "evidence.exported"
    """Events were given out with their proofs; error means that the log does not verify there, and nothing was."""
    READER_TRIED_AGAIN = "reader.tried_again"
    """An administrator had a reader of the log try again at once, after it failed."""
    READER_EVENT_SET_ASIDE = "reader.event_set_aside"
    """A reader of the log went past an event that it failed at, or that cannot be read."""
    READER_EVENT_HANDED_IN = "reader.event_handed_in"
    """An event that was set aside was given to its reader once more, and dealt with; refused: it failed again."""


told_to_people.update(
    {
        AuditLogAction.LOG_VERIFIED: Told(Topic.ADMINISTRATION, by_you=_("You verified the audit log.")),
        AuditLogAction.EVIDENCE_EXPORTED: Told(
            Topic.ADMINISTRATION, by_you=_("You exported evidence from the audit log.")
        ),
        AuditLogAction.READER_TRIED_AGAIN: Told(
            Topic.ADMINISTRATION, by_you=_("You had a reader of the audit log try again.")
        ),
        AuditLogAction.READER_EVENT_SET_ASIDE: Told(
            Topic.ADMINISTRATION, by_you=_("You had a reader of the audit log set an event aside.")
        ),
        AuditLogAction.READER_EVENT_HANDED_IN: Told(
            Topic.ADMINISTRATION, by_you=_("You handed an event that was set aside to its reader once more.")
        ),
    }
)
