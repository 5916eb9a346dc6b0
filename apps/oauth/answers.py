"""OAuth answers: JSON for machines; what a client is told through the browser. Spec: RFC 6749 §5.2, §4.1.2.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.oauth.redirect_uris import origin_of_uri

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


class ResponseMode(StrEnum):
    """How the parameters of an authorization response travel.

    Spec: OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode §2.
    """

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"


@dataclass(frozen=True)
class ClientAnswer:
    """An authorization response, to a redirect URI that was checked against the client's registration."""

    redirect_uri: str
    mode: ResponseMode
    parameters: Mapping[str, str]

    @property
    def location(self) -> str:
        """Where the browser goes; for a form it says nothing but where the form is sent."""
        if self.mode is ResponseMode.FORM_POST:
            return self.redirect_uri
        if self.mode is ResponseMode.FRAGMENT:
            return f"{self.redirect_uri}#{urlencode(self.parameters)}"
        return with_parameters(self.redirect_uri, self.parameters)

    @property
    def form_fields(self) -> Mapping[str, str] | None:
        return self.parameters if self.mode is ResponseMode.FORM_POST else None

    def response(self, request: HttpRequest) -> HttpResponse:
        if self.form_fields is None:
            return RedirectToClient(self.location)
        request.form_action_origins = (origin_of_uri(self.redirect_uri),)  # type: ignore[attr-defined]
        context = {"redirect_uri": self.redirect_uri, "fields": self.form_fields}
        return render(request, "oauth/form_post.html", context)


def error_answer(
    redirect_uri: str, mode: ResponseMode, *, error: str, description: str, state: str | None
) -> ClientAnswer:
    """Spec: RFC 6749 §4.1.2.1; RFC 9207 §2 (iss)."""
    parameters = {
        "error": error,
        "error_description": description or None,
        "state": state,
        "iss": settings.BASE_URL,
    }
    present = {name: value for name, value in parameters.items() if value is not None}
    return ClientAnswer(redirect_uri, mode, present)
