"""How a fetch from another system fails."""

from typing import ClassVar

from apps.core.errors import DomainError


class FetchError(DomainError):
    """Another system, or its address, failed us; `is_permanent` says that trying again cannot help."""

    code = "fetch_failed"
    http_status = 502
    message = "The other system could not be reached."
    is_permanent: ClassVar[bool] = False


class AddressRefused(FetchError):
    """The URL is malformed, or leads where this server may not go."""

    code = "address_refused"
    http_status = 400
    message = "This address may not be fetched."
    is_permanent = True


class RedirectRefused(FetchError):
    code = "redirect_refused"
    message = "The other system redirects in a way that is not followed."
    is_permanent = True


class CertificateRefused(FetchError):
    code = "certificate_refused"
    message = "The certificate of the other system is not valid for its name."
    is_permanent = True


class ResponseTooLarge(FetchError):
    code = "response_too_large"
    message = "The other system's answer is larger than expected."
    is_permanent = True


class FetchTimedOut(FetchError):
    code = "fetch_timed_out"
    http_status = 504
    message = "The other system did not answer in time."
