from apps.core.errors import DomainError


class RecordedOutsideTransaction(RuntimeError):
    """An event was about to be written apart from what it records: a mistake in the calling code."""


class SealChainBroken(DomainError):
    """The newest checkpoint is not what was signed or witnessed; sealing on top of it would hide that."""

    code = "seal_chain_broken"
    http_status = 500
    message = "The newest checkpoint of the audit log does not verify. Run verify_audit_log."


class LogDoesNotVerify(DomainError):
    """What was to be proven is not as it was signed."""

    code = "log_does_not_verify"
    http_status = 500
    message = "This part of the audit log does not verify. Run verify_audit_log."


class NothingToProve(DomainError):
    """There is no such event or checkpoint, or the one is not under the other."""

    code = "nothing_to_prove"
    http_status = 404
    message = "The audit log holds nothing of that kind to prove."


class WitnessUnreadable(DomainError):
    """A witness file is there and says nothing that can be relied on."""

    code = "witness_unreadable"
    http_status = 500
    message = "The witness of the audit log cannot be read."
