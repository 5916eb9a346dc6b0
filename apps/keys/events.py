"""Audit actions of keys."""

from apps.audit.ports import AuditAction


class KeyAction(AuditAction):
    SIGNING_KEY_CREATED = "signing_key.created"
    """A key that signs tokens or the log was made."""
