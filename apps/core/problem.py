"""Refusals as application/problem+json. Spec: RFC 9457."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

from apps.core.errors import DomainError, InvalidInput

PROBLEM_JSON = "application/problem+json"


def problem(code: str, status: HTTPStatus, detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:gatehouse:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }


WORDS = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "The request is malformed."),
    HTTPStatus.FORBIDDEN: ("not_allowed", "You may not do this."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing here."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "server_error",
        "Something went wrong here. The log has the request's id.",
    ),
}


def problem_answer(status: HTTPStatus) -> HttpResponse:
    """For what is refused before any of our own code has a say, and for what went wrong in it."""
    code, detail = WORDS[status]
    return JsonResponse(problem(code, status, detail), status=status, content_type=PROBLEM_JSON)


def problem_response(error: DomainError) -> HttpResponse:
    """The error in its public words; `detail` of the instance stays in the log."""
    body = problem(error.code, HTTPStatus(error.http_status), error.words)
    if isinstance(error, InvalidInput) and error.field:
        body["field"] = error.field
    faults = getattr(error, "faults", ())
    if faults:
        body["errors"] = [fault.as_json() for fault in faults]
    response = JsonResponse(body, status=error.http_status, content_type=PROBLEM_JSON)
    response["Cache-Control"] = "no-store"
    return response
