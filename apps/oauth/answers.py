"""OAuth answers: JSON for machines, redirects with parameters for browsers. Spec: RFC 6749 §5.2, §4.1.2.1."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpResponse, JsonResponse

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class RedirectToClient(HttpResponse):
    """To a URI that was checked against the client's registration, whatever its scheme; 303 so that a form's POST
    is not sent along. Spec: RFC 9700 §4.12."""

    status_code = HTTPStatus.SEE_OTHER

    def __init__(self, location: str) -> None:
        super().__init__()
        self["Location"] = location


def oauth_error(
    error: str,
    description: str,
    *,
    status: int = HTTPStatus.BAD_REQUEST,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    body = {"error": error, "error_description": description}
    return JsonResponse(body, status=status, headers={**NO_STORE, **(headers or {})})


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """The URI with parameters added to its query; those that are None are left out."""
    parts = urlsplit(uri)
    present = {name: value for name, value in parameters.items() if value is not None}
    query = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n not in present]
    return urlunsplit(parts._replace(query=urlencode([*query, *present.items()])))


def error_redirect(redirect_uri: str, *, error: str, description: str, state: str | None) -> RedirectToClient:
    """Spec: RFC 6749 §4.1.2.1; RFC 9207 §2 (iss)."""
    parameters: dict[str, Any] = {
        "error": error,
        "error_description": description or None,
        "state": state,
        "iss": settings.BASE_URL,
    }
    return RedirectToClient(with_parameters(redirect_uri, parameters))
