"""Failures of signing."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class NoSigningKey(DomainError):
    code = "no_signing_key"
    http_status = 503
    message = _("No signing key is available.")


class UnknownSigningKey(DomainError):
    code = "unknown_signing_key"
    http_status = 404
    message = _("There is no signing key of this id.")
