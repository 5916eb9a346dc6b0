"""The pages for requests that cannot be answered, each with its request id."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.core.middleware.doors import is_api, is_machine_door
from apps.core.problem import problem_answer


def _page(request: HttpRequest, status: int) -> HttpResponse:
    if is_api(request):
        return problem_answer(HTTPStatus(status))
    if is_machine_door(request):
        return JsonResponse({"error": "invalid_request"}, status=status)
    context = {
        "request_id": getattr(request, "request_id", ""),
        "is_administration": request.path.startswith("/admin/")
        and getattr(getattr(request, "user", None), "is_staff", False),
    }
    return render(request, f"errors/{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, HTTPStatus.NOT_FOUND)


def no_such_page(request: HttpRequest) -> HttpResponse:
    """Shuts an address that a library would open."""
    return _page(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors or a database: either may be what failed."""
    if is_api(request):
        return problem_answer(HTTPStatus.INTERNAL_SERVER_ERROR)
    if is_machine_door(request):
        return JsonResponse({"error": "server_error"}, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    context = {"request_id": getattr(request, "request_id", "")}
    return HttpResponseServerError(render_to_string("errors/500.html", context))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    context = {"request_id": getattr(request, "request_id", "")}
    return render(request, "403_csrf.html", context, status=HTTPStatus.FORBIDDEN)
