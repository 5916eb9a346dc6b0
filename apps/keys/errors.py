"""Failures of signing."""

from apps.core.errors import DomainError


class NoSigningKey(DomainError):
    code = "no_signing_key"
    http_status = 503
    message = "No signing key is available."


class UnknownSigningKey(DomainError):
    code = "unknown_signing_key"
    http_status = 404
    message = "There is no signing key of this id."
