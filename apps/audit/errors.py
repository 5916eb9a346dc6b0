from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class RecordedOutsideTransaction(RuntimeError):
    """An event was about to be written apart from what it records: a mistake in the calling code."""


class CursorMoved(RuntimeError):
    """Two readers at one cursor: what the second did is rolled back."""


class SealChainBroken(DomainError):
    """The newest checkpoint is not what was signed or witnessed; sealing on top of it would hide that."""

    code = "seal_chain_broken"
    http_status = 500
    message = _("The newest checkpoint of the audit log does not verify. Run verify_audit_log.")


class LogDoesNotVerify(DomainError):
    """What was to be proven is not as it was signed."""

    code = "log_does_not_verify"
    http_status = 500
    message = _("This part of the audit log does not verify. Run verify_audit_log.")


class NothingToProve(DomainError):
    """There is no such event or checkpoint, or the one is not under the other."""

    code = "nothing_to_prove"
    http_status = 404
    message = _("The audit log holds nothing of that kind to prove.")


class WitnessUnreadable(DomainError):
    """A witness file is there and says nothing that can be relied on."""

    code = "witness_unreadable"
    http_status = 500
    message = _("The witness of the audit log cannot be read.")


class ServingRoleRefused(DomainError):
    """The detail says why a role is not one to serve with."""

    code = "serving_role_refused"
    http_status = 409
    message = _("This role cannot be given what serving takes.")
