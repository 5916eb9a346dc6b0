"""The answer to a refused request: OAuth JSON, problem+json or a page, by the place it happened in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.errors import DomainError
from apps.core.middleware.doors import is_api
from apps.core.problem import problem_response

PAGES = frozenset({400, 403, 404, 405, 413, 429, 500, 503})


def refusal_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    if is_api(request):
        return problem_response(error)
    if request.path.startswith(settings.MACHINE_DOOR_PATHS):
        return JsonResponse(
            {"error": "invalid_request", "error_description": str(error.message)}, status=error.http_status
        )
    status = error.http_status if error.http_status in PAGES else 400
    return render(
        request,
        f"errors/{status}.html",
        {"message": error.message, "request_id": getattr(request, "request_id", "")},
        status=error.http_status,
    )
