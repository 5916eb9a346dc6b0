"""/oauth/userinfo. Spec: OIDC Core §5.3."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.oauth.answers import NO_STORE, oauth_error
from apps.oauth.bearer import bearer_token, challenge
from apps.oauth.claims import claims_for
from apps.oauth.cors import readable_from_pages
from apps.oauth.exchange import begin_exchange
from apps.oauth.selectors import live_access_token, scopes_of_token


@csrf_exempt
@readable_from_pages("GET", "POST")
def userinfo(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "POST"}:
        return oauth_error(
            "invalid_request",
            "Use GET or POST.",
            status=HTTPStatus.METHOD_NOT_ALLOWED,
            headers={"Allow": "GET, POST"},
        )
    value = bearer_token(request)
    if value is None:
        return challenge()
    if not value:
        return challenge(
            error="invalid_request", description="The request is malformed.", status=HTTPStatus.BAD_REQUEST
        )
    exchange = begin_exchange(request)
    token = live_access_token(value, now=exchange.now)
    if token is None:
        return challenge(error="invalid_token", description="The access token is not valid.")
    exchange.client = token.application
    scopes = scopes_of_token(token)
    if token.user is None or "openid" not in scopes:
        return challenge(
            error="insufficient_scope",
            description="The access token lacks the scope openid.",
            scope="openid",
            status=HTTPStatus.FORBIDDEN,
        )
    return JsonResponse(claims_for(token.user, scopes), headers=NO_STORE)
