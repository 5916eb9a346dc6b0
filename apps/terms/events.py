"""Audit actions of the terms that people accept."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class TermsAction(AuditAction):
    TERMS_DRAFTED = "terms.drafted"
    """A draft of terms was written; nobody is asked to accept it yet."""
    TERMS_CHANGED = "terms.changed"
    """A draft of terms was changed."""
    TERMS_DELETED = "terms.deleted"
    """A draft of terms was deleted."""
    TERMS_PUBLISHED = "terms.published"
    """A version of terms came into force, in the place of the one before; everybody is asked to accept it."""
    TERMS_WITHDRAWN = "terms.withdrawn"
    """Nobody is asked any more to accept the terms that were in force."""
    TERMS_ACCEPTED = "terms.accepted"
    """A person accepted a version of terms; the digest is that of the text as it was published."""


told_to_people.update(
    {
        TermsAction.TERMS_DRAFTED: Told(Topic.ADMINISTRATION, by_you=_("You drafted %(target)s.")),
        TermsAction.TERMS_CHANGED: Told(Topic.ADMINISTRATION, by_you=_("You changed the draft %(target)s.")),
        TermsAction.TERMS_DELETED: Told(Topic.ADMINISTRATION, by_you=_("You deleted the draft %(target)s.")),
        TermsAction.TERMS_PUBLISHED: Told(Topic.ADMINISTRATION, by_you=_("You published %(target)s.")),
        TermsAction.TERMS_WITHDRAWN: Told(Topic.ADMINISTRATION, by_you=_("You withdrew %(target)s.")),
        TermsAction.TERMS_ACCEPTED: Told(Topic.RECORD, by_you=_("You accepted %(target)s.")),
    }
)
