"""/oauth/authorize: a client sends a person here to sign in and to consent.

Spec: RFC 6749 §3.1, OIDC Core §3.1.2, RFC 9126 §4. The address keeps the whole request; every step reads it again from
there, or from what was pushed before under its request_uri, so that what is shown, what is granted and what was
asked are the same.
"""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.oauth2_backends import get_oauthlib_core

from apps.access.selectors import decide_access
from apps.core.api.scopes import ApiScope
from apps.oauth.answers import ClientAnswer, RedirectToClient, ResponseMode, error_answer
from apps.oauth.authorization_request import (
    Problem,
    Wishes,
    is_readable,
    parse_wishes,
    response_mode_of,
    survives_sign_in,
)
from apps.oauth.errors import PushedRequestUsed
from apps.oauth.exchange import ENVIRON_KEY, Exchange, begin_exchange
from apps.oauth.hints import hinted_subject
from apps.oauth.models import Client, PushedRequest
from apps.oauth.reauthentication import forget_demand, is_demand_met, remember_demand
from apps.oauth.redirect_uris import origin_of_uri
from apps.oauth.replaced_query import with_query
from apps.oauth.selectors import consent_of, described_scopes
from apps.oauth.services.authorizations import ConsentBasis, refuse_authorization
from apps.oauth.services.pushed_requests import URN, open_request, pushed_request, use_up
from apps.signin.services.browser_session import SignedIn, signed_in
from apps.signin.services.sign_in_required import to_new_password, to_sign_in, to_terms


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request whose client, redirect URI, scopes and challenge oauthlib and the validator have accepted."""

    client: Client
    redirect_uri: str
    state: str | None
    scopes: list[str]
    credentials: dict[str, Any]
    wishes: Wishes
    response_mode: ResponseMode
    exchange: Exchange
    request: HttpRequest
    # The same with its parameters in the address, wherever they came from: for oauthlib to read, never to answer.
    source: HttpRequest
    pushed: PushedRequest | None

    def refusal(self, error: str, description: str) -> ClientAnswer:
        return error_answer(
            self.redirect_uri, self.response_mode, error=error, description=description, state=self.state
        )

    def refused(self, error: str, description: str) -> HttpResponse:
        """The client is told, with the one answer that a pushed request is worth."""
        if self.pushed is not None and not use_up(self.pushed, now=self.exchange.now):
            return _used_link_page(self.request)
        return self.refusal(error, description).response(self.request)


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class AuthorizeView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = self.understand(request)
        if isinstance(asked, HttpResponse):
            return asked
        current = signed_in(request)
        answer = self.ask_who(request, asked, current)
        if answer is not None or current is None:
            return answer or asked.refused("login_required", "Nobody is signed in.")
        answer = self.check_access(request, asked, current)
        if answer is not None:
            return answer
        consent = self.consent_basis(asked, current)
        if consent is not None:
            return self.grant(request, asked, current, consent)
        if asked.wishes.is_silent:
            return asked.refused("consent_required", "The person has not consented yet.")
        return self.consent_page(request, asked, current)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The consent form's answer, or an authorization request sent as a form (OIDC Core §3.1.2.1)."""
        if "action" in request.POST:
            return self.decide(request)
        query = urlencode(list(request.POST.lists()), doseq=True)
        if not survives_sign_in(query):
            return _error_page(request, "invalid_request")
        return redirect(f"{request.path}?{query}", preserve_request=False)

    @method_decorator(csrf_protect)
    def decide(self, request: HttpRequest) -> HttpResponse:
        asked = self.understand(request)
        if isinstance(asked, HttpResponse):
            return asked
        current = signed_in(request)
        if current is None or self.ask_who(request, asked, current) is not None:
            # Not who the page was shown to, or no longer: the request starts again.
            return redirect(request.get_full_path(), preserve_request=False)
        answer = self.check_access(request, asked, current)
        if answer is not None:
            return answer
        if request.POST["action"] != "allow":
            return self.deny(request, asked, current, "consent_denied", "The person did not consent.")
        return self.grant(request, asked, current, ConsentBasis.GIVEN)

    # The steps ----------------------------------------------------------------------------------------------

    def understand(self, request: HttpRequest) -> AuthorizationRequest | HttpResponse:
        """The request, or the answer to one that cannot be understood."""
        exchange = begin_exchange(request)
        query = request.META.get("QUERY_STRING", "")
        if not is_readable(query, request.GET) or not survives_sign_in(query):
            return _error_page(request, "invalid_request")
        source, pushed = request, None
        if request.GET.get("request_uri", "").startswith(URN):
            pushed = pushed_request(
                client_id=request.GET.get("client_id", ""),
                request_uri=request.GET["request_uri"],
                now=exchange.now,
            )
            if pushed is None:
                return _used_link_page(request)
            open_request(pushed, now=exchange.now)
            # Nothing beside it in the address counts. Spec: RFC 9101 §5.
            source = with_query(request, pushed.query)
        try:
            scopes, credentials = get_oauthlib_core().validate_authorization_request(source)
        except FatalClientError as error:
            return _error_page(request, error.oauthlib_error.error)
        except OAuthToolkitError as error:
            return self.refused_by_oauthlib(request, source, error)
        oauth_request = credentials.pop("request")
        parameters = {**source.GET.dict(), "redirect_uri": credentials["redirect_uri"]}
        wishes, response_mode = parse_wishes(parameters), response_mode_of(parameters)
        if isinstance(wishes, Problem):
            return error_answer(
                credentials["redirect_uri"],
                response_mode,
                error=wishes.error,
                description=wishes.description,
                state=credentials.get("state"),
            ).response(request)
        if oauth_request.client.is_par_required and pushed is None:
            return error_answer(
                credentials["redirect_uri"],
                response_mode,
                error="invalid_request",
                description="This client has to push its requests first.",
                state=credentials.get("state"),
            ).response(request)
        request.form_action_origins = (origin_of_uri(credentials["redirect_uri"]),)  # type: ignore[attr-defined]
        return AuthorizationRequest(
            client=oauth_request.client,
            redirect_uri=credentials["redirect_uri"],
            state=credentials.get("state"),
            scopes=list(dict.fromkeys(scopes)),
            credentials=credentials,
            wishes=wishes,
            response_mode=response_mode,
            exchange=exchange,
            request=request,
            source=source,
            pushed=pushed,
        )

    def refused_by_oauthlib(
        self, request: HttpRequest, source: HttpRequest, error: OAuthToolkitError
    ) -> HttpResponse:
        """Only a redirect URI that is registered is ever redirected to."""
        problem = error.oauthlib_error
        client = request.META[ENVIRON_KEY].client
        redirect_uri = problem.redirect_uri or source.GET.get("redirect_uri", "")
        if client is None or not client.redirect_uri_allowed(redirect_uri):
            return _error_page(request, problem.error)
        return error_answer(
            redirect_uri,
            response_mode_of({**source.GET.dict(), "redirect_uri": redirect_uri}),
            error=problem.error,
            description=problem.description or "",
            state=source.GET.get("state"),
        ).response(request)

    def ask_who(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn | None
    ) -> HttpResponse | None:
        """Nothing when the right person is signed in recently enough; else the way to sign in."""
        wishes, now = asked.wishes, asked.exchange.now
        wanted = hinted_subject(wishes.id_token_hint) if wishes.id_token_hint else None
        if wanted == "":
            return asked.refused("invalid_request", "id_token_hint is not an ID token of this issuer.")
        is_other_person = current is not None and wanted not in {None, str(current.user.pk)}
        if current is not None:
            has_just_signed_in = is_demand_met(
                request, authenticated_at=current.session.authenticated_at, now=now
            )
            if not is_other_person and (has_just_signed_in or not self.is_stale(asked, current)):
                return self.ask_first(request, asked, current)
            if is_other_person and has_just_signed_in:
                return asked.refused("login_required", "Somebody else has signed in.")
        if wishes.is_silent:
            return asked.refused("login_required", "The person has to sign in.")
        # What was pushed stays out of addresses: the sign-in page asks for it (`destinations`).
        hints = {"login_hint": wishes.login_hint} if wishes.login_hint and asked.pushed is None else {}
        if current is not None:
            hints["reauthenticate"] = "yes"
        response = to_sign_in(request, **hints)
        remember_demand(request, response, now=now)
        return response

    def ask_first(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn
    ) -> HttpResponse | None:
        """Nothing unless the person has something to do before they may go on anywhere."""
        if current.must_change_password:
            demand, way = "The person has to choose a new password.", to_new_password
        elif current.terms_to_accept is not None:
            demand, way = "The person has to accept the terms of use.", to_terms
        else:
            return None
        return asked.refused("interaction_required", demand) if asked.wishes.is_silent else way(request)

    def is_stale(self, asked: AuthorizationRequest, current: SignedIn) -> bool:
        """Whether the client wants the person to sign in anew, although they are signed in."""
        max_age = asked.wishes.max_age_seconds
        is_too_old = max_age is not None and (
            current.session.authenticated_at + timedelta(seconds=max_age) < asked.exchange.now
        )
        return is_too_old or bool(asked.wishes.prompt & {"login", "select_account"})

    def check_access(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn
    ) -> HttpResponse | None:
        """Nothing when the person may use the application; else the answer that they may not."""
        decision = decide_access(
            user=current.user, application=asked.client.application, now=asked.exchange.now
        )
        if decision.is_allowed:
            return None
        description = "The person may not use this application."
        if asked.wishes.is_silent:
            return self.deny(request, asked, current, decision.reason.value, description)
        # What was pushed stays good: the person may be given access, and come again.
        self.record_refusal(asked, current, decision.reason.value, pushed=None)
        return self.no_access_page(request, asked, current, asked.refusal("access_denied", description))

    def no_access_page(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn, refusal: ClientAnswer
    ) -> HttpResponse:
        """The client gets its answer when the person goes back: sent there at once, they would learn nothing."""
        application = asked.client.application
        owner = application.owner
        can_be_asked = owner is not None and owner.pk != current.user.pk
        context = {
            "application": application,
            "owner_name": owner.display_name if owner and can_be_asked else "",
            "person": current.user,
            "return_url": refusal.location,
            "return_fields": refusal.form_fields,
        }
        return render(request, "oauth/no_access.html", context, status=HTTPStatus.FORBIDDEN)

    def consent_basis(self, asked: AuthorizationRequest, current: SignedIn) -> ConsentBasis | None:
        """What the person need not be asked for; nothing when they must be."""
        if "consent" in asked.wishes.prompt:
            return None
        if asked.client.skip_authorization:
            return ConsentBasis.NOT_ASKED
        consent = consent_of(user=current.user, client=asked.client)
        is_covered = consent is not None and consent.covers(frozenset(asked.scopes))
        return ConsentBasis.REMEMBERED if is_covered else None

    def consent_page(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn
    ) -> HttpResponse:
        consent = consent_of(user=current.user, client=asked.client)
        application = asked.client.application
        scopes = described_scopes(asked.scopes)
        context = {
            "application": application,
            "client": asked.client,
            "owner_name": application.owner.display_name if application.owner else "",
            "scopes": [scope for scope in scopes if not isinstance(scope, ApiScope)],
            # In the administration the application would be the person themselves.
            "administering": [scope for scope in scopes if isinstance(scope, ApiScope)],
            "is_lasting": "offline_access" in asked.scopes,
            "since": consent.granted_at if consent else None,
            "person": current.user,
            "hidden_fields": [],
        }
        return render(request, "oauth/consent.html", context)

    def grant(
        self, request: HttpRequest, asked: AuthorizationRequest, current: SignedIn, consent: ConsentBasis
    ) -> HttpResponse:
        handed_on = {
            "client": asked.client,
            "signed_in": current,
            "consent": consent,
            "pushed": asked.pushed,
        }
        try:
            location, _headers, _body, _status = get_oauthlib_core().create_authorization_response(
                request=asked.source,
                scopes=asked.scopes,
                credentials={**asked.credentials, **handed_on},
                allow=True,
            )
        except OAuthToolkitError as error:
            return self.refused_by_oauthlib(request, asked.source, error)
        except PushedRequestUsed:
            return _used_link_page(request)
        response = self.granted(request, asked, location)
        forget_demand(request, response)
        return response

    def granted(self, request: HttpRequest, asked: AuthorizationRequest, location: str) -> HttpResponse:
        """oauthlib writes queries and fragments; a form carries what its query would."""
        if asked.response_mode is not ResponseMode.FORM_POST:
            return RedirectToClient(location)
        found = dict(parse_qsl(urlsplit(location).query))
        parameters = {"code": found["code"], "iss": settings.BASE_URL}
        if asked.state is not None:
            parameters["state"] = asked.state
        return ClientAnswer(asked.redirect_uri, asked.response_mode, parameters).response(request)

    def deny(
        self,
        request: HttpRequest,
        asked: AuthorizationRequest,
        current: SignedIn,
        reason: str,
        description: str,
    ) -> HttpResponse:
        try:
            self.record_refusal(asked, current, reason, pushed=asked.pushed)
        except PushedRequestUsed:
            return _used_link_page(request)
        return asked.refusal("access_denied", description).response(request)

    def record_refusal(
        self, asked: AuthorizationRequest, current: SignedIn, reason: str, *, pushed: PushedRequest | None
    ) -> None:
        refuse_authorization(
            client=asked.client,
            current=current,
            reason=reason,
            scopes=asked.scopes,
            pushed=pushed,
            origin=asked.exchange.origin,
            now=asked.exchange.now,
        )


def _error_page(request: HttpRequest, error: str) -> HttpResponse:
    """For requests that name no client or no registered redirect URI: there is nobody to send the answer to."""
    context = {
        "title": _("This sign-in link does not work"),
        "explanation": _(
            "The application did not say correctly who it is or where to send you back. Nothing was shared with it."
        ),
        "error": error,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "oauth/error.html", context, status=HTTPStatus.BAD_REQUEST)


def _used_link_page(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("This sign-in link has been used, or is too old"),
        "explanation": _(
            "Go back to the application and sign in from there again. Nothing was shared with it."
        ),
        "error": "invalid_request_uri",
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "oauth/error.html", context, status=HTTPStatus.BAD_REQUEST)
