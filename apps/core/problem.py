"""Refusals as application/problem+json. Spec: RFC 9457."""

from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from apps.core.errors import DomainError, InvalidInput


def problem_response(error: DomainError) -> HttpResponse:
    """The error in its public words; `detail` of the instance stays in the log."""
    body = {
        "type": f"urn:gatehouse:problem:{error.code}",
        "title": HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "detail": error.message,
        "code": error.code,
    }
    if isinstance(error, InvalidInput) and error.field:
        body["field"] = error.field
    response = JsonResponse(body, status=error.http_status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    return response
