"""Refusals as application/problem+json. Spec: RFC 9457."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

from apps.core.errors import DomainError, InvalidInput


def problem(code: str, status: HTTPStatus, detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:gatehouse:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }


def problem_response(error: DomainError) -> HttpResponse:
    """The error in its public words; `detail` of the instance stays in the log."""
    body = problem(error.code, HTTPStatus(error.http_status), error.message)
    if isinstance(error, InvalidInput) and error.field:
        body["field"] = error.field
    response = JsonResponse(body, status=error.http_status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    return response
