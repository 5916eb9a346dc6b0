"""Audit actions of data carried in and out."""

from apps.audit.ports import AuditAction


class TransferAction(AuditAction):
    DEMO_DATA_SET_UP = "demo_data.set_up"
    """The demonstration organisation was made, or its sample application moved to another address."""
