"""Audit actions of data carried in and out."""

from apps.audit.ports import AuditAction, told_to_people


class TransferAction(AuditAction):
    DEMO_DATA_SET_UP = "demo_data.set_up"
    """The demonstration organisation was made, or its sample application moved to another address."""


told_to_people[TransferAction.DEMO_DATA_SET_UP] = None
