"""Audit actions of keys."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class KeyAction(AuditAction):
    SIGNING_KEY_CREATED = "signing_key.created"
    """A key that signs tokens or the log was made."""
    SIGNING_KEY_PUBLISHED = "signing_key.published"
    """A successor was made and published; it signs nothing yet."""
    SIGNING_KEY_ACTIVATED = "signing_key.activated"
    """A published key began to sign."""
    SIGNING_KEY_SUPERSEDED = "signing_key.superseded"
    """A key stopped signing; what it signed is still accepted."""
    SIGNING_KEY_RETIRED = "signing_key.retired"
    """The last token that a key signed has expired: it is no longer published, and its private half is destroyed."""
    SIGNING_KEY_COMPROMISED = "signing_key.compromised"
    """A key was retired at once because somebody else may have it; its tokens are refused."""
    REENCRYPTION_REQUESTED = "reencryption.requested"
    """Everything that is encrypted at rest was to come under the newest field encryption key."""
    REENCRYPTION_FINISHED = "reencryption.finished"
    """It did; an error, when some values could not be read under any key that is configured."""


told_to_people.update(
    {
        **dict.fromkeys(KeyAction),
        KeyAction.SIGNING_KEY_ACTIVATED: Told(
            Topic.ADMINISTRATION, by_you=_("You had a new signing key sign.")
        ),
        KeyAction.SIGNING_KEY_COMPROMISED: Told(
            Topic.ADMINISTRATION, by_you=_("You gave up a signing key that somebody else may have.")
        ),
        KeyAction.REENCRYPTION_REQUESTED: Told(
            Topic.ADMINISTRATION, by_you=_("You had everything at rest encrypted anew.")
        ),
    }
)
