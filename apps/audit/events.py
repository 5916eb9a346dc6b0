from apps.audit.ports import AuditAction


class AuditLogAction(AuditAction):
    LOG_VERIFIED = "log.verified"
    """The whole log was checked against its signed checkpoints; error means that tampering was found."""
