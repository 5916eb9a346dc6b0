"""/oauth/logout: a client asks to sign the person out. Spec: OIDC RP-Initiated Logout §2 to §4."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from apps.oauth.answers import RedirectToClient, with_parameters
from apps.oauth.authorization_request import LONGEST_QUERY, is_readable
from apps.oauth.hints import Hint, read_hint
from apps.oauth.models import Client
from apps.oauth.redirect_uris import origin_of_uri
from apps.oauth.selectors import client_by_client_id
from apps.signin.services.browser_session import sign_out, signed_in

PARAMETERS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True)
class LogoutRequest:
    hint: Hint | None
    client: Client | None
    redirect_uri: str
    state: str | None

    @property
    def return_url(self) -> str:
        """Where to go afterwards; only an ID token proves that the client and the person ever met."""
        if self.hint is None or not self.redirect_uri:
            return ""
        return with_parameters(self.redirect_uri, {"state": self.state})


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class RPInitiatedLogoutView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = understand(request.GET)
        if asked is None or not is_readable(request.META.get("QUERY_STRING", ""), request.GET):
            return _error_page(request)
        current = signed_in(request)
        if current is None:
            return self.leave(request, asked)
        if asked.hint is not None and asked.hint.session_id == str(current.session.pk):
            sign_out(request)
            return self.leave(request, asked)
        return self.confirmation_page(request, asked)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The confirmation form's answer, or a logout request sent as a form."""
        if "confirm" in request.POST:
            return self.confirmed(request)
        known = [(name, value) for name in PARAMETERS for value in request.POST.getlist(name)]
        query = urlencode(known)
        if len(query) > LONGEST_QUERY:
            return _error_page(request)
        return redirect(f"{request.path}?{query}", preserve_request=False)

    @method_decorator(csrf_protect)
    def confirmed(self, request: HttpRequest) -> HttpResponse:
        asked = understand(request.POST) if is_readable("", request.POST) else None
        if asked is None:
            return _error_page(request)
        sign_out(request)
        return self.leave(request, asked)

    def leave(self, request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
        if asked.return_url:
            return RedirectToClient(asked.return_url)
        return render(request, "signin/signed_out.html")

    def confirmation_page(self, request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
        if asked.redirect_uri:
            request.form_action_origins = (origin_of_uri(asked.redirect_uri),)  # type: ignore[attr-defined]
        fields = [(name, request.GET[name]) for name in PARAMETERS if name in request.GET]
        context = {
            "application": asked.client.application if asked.client else None,
            "fields": [("confirm", "yes"), *fields],
        }
        return render(request, "signin/logout.html", context)


def understand(parameters: Mapping[str, str]) -> LogoutRequest | None:
    """The request, or nothing if a hint is not ours, contradicts the client, or the address is not registered."""
    token, client_id = parameters.get("id_token_hint", ""), parameters.get("client_id", "")
    hint = read_hint(token) if token else None
    if token and hint is None:
        return None
    if hint is not None and client_id and client_id != hint.client_id:
        return None
    client = client_by_client_id(hint.client_id if hint else client_id)
    redirect_uri = parameters.get("post_logout_redirect_uri", "")
    if redirect_uri and (client is None or not client.post_logout_redirect_uri_allowed(redirect_uri)):
        return None
    return LogoutRequest(hint, client, redirect_uri, parameters.get("state"))


def _error_page(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("This sign-out link does not work"),
        "explanation": _(
            "The application did not say correctly who it is or where to send you back, so nobody has been "
            "signed out."
        ),
        "is_sign_out": True,
        "error": "invalid_request",
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "oauth/error.html", context, status=HTTPStatus.BAD_REQUEST)
