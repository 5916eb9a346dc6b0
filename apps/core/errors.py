"""Errors that belong to the product, each with a wire code, a status and words for the person who meets it."""

from typing import ClassVar


class DomainError(Exception):
    """Something the caller asked for cannot be done.

    `code`, `http_status` and `message` may be shown to anybody; `detail` goes to the log only.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400
    message: ClassVar[str] = "The request could not be carried out."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.message)
        self.detail = detail


class NotAllowed(DomainError):
    code = "not_allowed"
    http_status = 403
    message = "You may not do this."


class NotFound(DomainError):
    code = "not_found"
    http_status = 404
    message = "There is nothing here."


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    http_status = 405
    message = "This address does not answer that kind of request."


class PayloadTooLarge(DomainError):
    code = "payload_too_large"
    http_status = 413
    message = "The request is larger than this address accepts."


class InvalidInput(DomainError):
    """A value that a person or client sent and can correct; `field` names it."""

    code = "invalid_input"
    http_status = 400
    message = "A value is missing or malformed."

    def __init__(self, detail: str = "", *, field: str = "") -> None:
        super().__init__(detail)
        self.field = field
