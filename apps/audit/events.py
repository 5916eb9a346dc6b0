from apps.audit.ports import AuditAction


class AuditLogAction(AuditAction):
    LOG_VERIFIED = "log.verified"
    """The whole log was checked against its signed checkpoints; error means that tampering was found."""
    EVIDENCE_EXPORTED = "evidence.exported"
    """Events were given out with their proofs; error means that the log does not verify there, and nothing was."""
