"""Audit actions of keys."""

from apps.audit.ports import AuditAction


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
