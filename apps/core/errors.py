"""Errors that belong to the product, each with a wire code, a status and words for the person who meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """Something the caller asked for cannot be done.

    `code`, `http_status` and `message` may be shown to anybody; `detail` goes to the log only.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400
    message: ClassVar[StrOrPromise] = _("The request could not be carried out.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or str(self.message))
        self.detail = detail

    @property
    def words(self) -> str:
        """What whoever asked may read."""
        return str(self.message)


class SpokenRefusal(DomainError):
    """Its `detail` is written for whoever asked."""

    http_status = 409

    @property
    def words(self) -> str:
        return self.detail or str(self.message)


class NotAllowed(DomainError):
    code = "not_allowed"
    http_status = 403
    message: ClassVar[StrOrPromise] = _("You may not do this.")


class NotFound(DomainError):
    code = "not_found"
    http_status = 404
    message: ClassVar[StrOrPromise] = _("There is nothing here.")


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    http_status = 405
    message: ClassVar[StrOrPromise] = _("This address does not answer that kind of request.")


class PayloadTooLarge(DomainError):
    code = "payload_too_large"
    http_status = 413
    message: ClassVar[StrOrPromise] = _("The request is larger than this address accepts.")


class InvalidInput(DomainError):
    """A value that a person or client sent and can correct; `field` names it."""

    code = "invalid_input"
    http_status = 400
    message: ClassVar[StrOrPromise] = _("A value is missing or malformed.")

    def __init__(self, detail: str = "", *, field: str = "") -> None:
        super().__init__(detail)
        self.field = field
