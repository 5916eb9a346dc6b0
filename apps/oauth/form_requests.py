"""What every form-posted machine endpoint demands before it looks at the parameters."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from apps.oauth.answers import oauth_error

FORM = "application/x-www-form-urlencoded"
# RFC 8707 §2 lets a client name several resources; anything else comes once.
REPEATABLE = frozenset({"resource"})


def form_endpoint(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """POST of a form, each parameter once (RFC 6749 §3.2), no parameters in the URI, no NUL bytes."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        problem = _problem_with(request)
        return problem if problem is not None else view(request)

    return guarded


def _problem_with(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST":
        return oauth_error(
            "invalid_request",
            "Use POST.",
            status=HTTPStatus.METHOD_NOT_ALLOWED,
            headers={"Allow": "POST"},
        )
    if request.content_type != FORM:
        return oauth_error("invalid_request", f"Send the parameters as {FORM}.")
    if request.META.get("QUERY_STRING"):
        return oauth_error("invalid_request", "Send the parameters in the body, not in the address.")
    try:
        parameters = request.POST
    except (BadRequest, SuspiciousOperation, UnreadablePostError):
        return oauth_error("invalid_request", "The body is malformed or has too many parameters.")
    for name, values in parameters.lists():
        if len(values) > 1 and name not in REPEATABLE:
            return oauth_error("invalid_request", f"Send {_printable(name)} once.")
        if "\x00" in name or any("\x00" in value for value in values):
            return oauth_error("invalid_request", "A parameter contains a NUL byte.")
    return None


def _printable(name: str) -> str:
    """Only what RFC 6749 §5.2 lets an error_description contain."""
    return "".join(c for c in name[:40] if " " <= c <= "~" and c not in '"\\') or "each parameter"
