"""Every refusal of the API as application/problem+json, whoever raised it. Spec: RFC 9457; RFC 6750 §3."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from apps.core.api import errors
from apps.core.api.fields import as_faults
from apps.core.bearer import bearer_challenge
from apps.core.errors import DomainError, InvalidInput, MethodNotAllowed, NotAllowed, NotFound
from apps.core.problem import problem_response


def answer_to(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """As Django REST framework calls it; None for what nobody foresaw, which becomes a 500."""
    refusal = as_refusal(error)
    if refusal is None:
        return None
    response = problem_response(refusal)
    challenge = _challenge(refusal)
    if challenge:
        response["WWW-Authenticate"] = challenge
    if isinstance(refusal, MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def as_refusal(error: Exception) -> DomainError | None:
    match error:
        case InvalidInput():
            pointer = f"#/{error.field.replace('.', '/')}" if error.field else "#"
            fault = errors.Fault(error.detail or error.words, error.code, pointer=pointer)
            return errors.InvalidFields(error.detail, faults=(fault,))
        case DomainError():
            return error
        case ValidationError():
            return errors.InvalidFields(faults=as_faults(error))
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return NotAllowed()
        case exceptions.NotAcceptable():
            return errors.NotAcceptable()
        case exceptions.UnsupportedMediaType():
            return errors.UnsupportedMediaType()
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed()
        case exceptions.ParseError():
            return errors.MalformedBody()
    return None


def _challenge(error: DomainError) -> str:
    match error:
        case errors.NotAuthenticated():
            return bearer_challenge({})
        case errors.InvalidToken() | errors.MalformedAuthorization():
            return bearer_challenge({"error": error.code, "error_description": str(error.message)})
        case errors.InsufficientScope():
            return bearer_challenge(
                {"error": error.code, "error_description": str(error.message), "scope": error.scope}
            )
    return ""
