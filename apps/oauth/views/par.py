"""/oauth/par: a client leaves an authorization request here before it sends a person. Spec: RFC 9126 §2."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.oauth2_backends import get_oauthlib_core

from apps.core.origin import client_address, network_of
from apps.core.rate_limits import TooManyRequests, charge, rate_limit
from apps.oauth.answers import NO_STORE, oauth_error
from apps.oauth.authorization_request import KNOWN, Problem, is_readable, parse_wishes
from apps.oauth.client_authentication import calling_client, unauthenticated
from apps.oauth.cors import readable_from_pages
from apps.oauth.exchange import Exchange, begin_exchange
from apps.oauth.form_requests import form_endpoint
from apps.oauth.hints import hinted_subject
from apps.oauth.models import Client
from apps.oauth.replaced_query import with_query
from apps.oauth.services.pushed_requests import TO_OPEN, push_request
from apps.oauth.throttle import throttled

PUSHES = rate_limit("pushed-requests")
# In characters as they are sent: twice what fits into an address, which is one reason to push.
LONGEST = 16_000


@readable_from_pages("POST")
@form_endpoint
@throttled
def pushed_authorization_request(request: HttpRequest) -> HttpResponse:
    exchange = begin_exchange(request)
    client = calling_client(request, exchange, may_be_public=True)
    if client is None:
        return unauthenticated()
    # Whoever has proved to be the client answers for what it leaves.
    too_many = _charge(client, request, exchange) if client.is_public else None
    if too_many is not None:
        return too_many
    query = _query_of(request, client)
    problem = _problem_with(request, query)
    if problem is not None:
        return problem
    request_uri = push_request(client=client, query=query, exchange=exchange)
    answer = {"request_uri": request_uri, "expires_in": int(TO_OPEN.total_seconds())}
    return JsonResponse(answer, status=HTTPStatus.CREATED, headers=NO_STORE)


def _charge(client: Client, request: HttpRequest, exchange: Exchange) -> HttpResponse | None:
    found = charge(PUSHES, f"{client.client_id}\n{network_of(client_address(request))}", now=exchange.now)
    if found.is_allowed:
        return None
    return oauth_error(
        TooManyRequests.code,
        "Too many requests were pushed. Wait.",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        headers=found.headers,
    )


def _query_of(request: HttpRequest, client: Client) -> str:
    """What counts of it, as it would stand in the address of the authorization endpoint."""
    asked = [
        (name, value)
        for name, values in request.POST.lists()
        if name in KNOWN - {"client_id"}
        for value in values
    ]
    return urlencode([("client_id", client.client_id), *asked])


def _problem_with(request: HttpRequest, query: str) -> HttpResponse | None:
    """Whatever the authorization endpoint would refuse is refused here. Spec: RFC 9126 §2.3."""
    if "request_uri" in request.POST:
        return oauth_error("invalid_request", "A pushed request cannot name another one.")
    if len(query) > LONGEST:
        return oauth_error(
            "invalid_request", "The request is too long.", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        )
    try:
        parameters = QueryDict(query)
    except SuspiciousOperation:
        return oauth_error("invalid_request", "The request has too many parameters.")
    if not is_readable(query, parameters):
        return oauth_error("invalid_request", "A parameter contains a NUL byte, or came twice.")
    try:
        _scopes, credentials = get_oauthlib_core().validate_authorization_request(with_query(request, query))
    except OAuthToolkitError as error:
        problem = error.oauthlib_error
        return oauth_error(problem.error, problem.description or "The request is not valid.")
    wishes = parse_wishes({**parameters.dict(), "redirect_uri": credentials["redirect_uri"]})
    if isinstance(wishes, Problem):
        return oauth_error(wishes.error, wishes.description)
    if wishes.id_token_hint and not hinted_subject(wishes.id_token_hint):
        return oauth_error("invalid_request", "id_token_hint is not an ID token of this issuer.")
    return None
