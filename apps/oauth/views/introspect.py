"""/oauth/introspect. Spec: RFC 7662."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.oauth.answers import NO_STORE, oauth_error
from apps.oauth.client_authentication import calling_client, unauthenticated
from apps.oauth.exchange import begin_exchange
from apps.oauth.form_requests import form_endpoint
from apps.oauth.models import AccessToken, Client, RefreshToken
from apps.oauth.selectors import (
    is_usable,
    live_access_token,
    refresh_token_by_value,
    scopes_in_force,
    scopes_of_token,
)
from apps.oauth.throttle import throttled

INACTIVE: dict[str, Any] = {"active": False}


@form_endpoint
@throttled
def introspect(request: HttpRequest) -> HttpResponse:
    exchange = begin_exchange(request)
    client = calling_client(request, exchange, may_be_public=False)
    if client is None:
        return unauthenticated()
    value = request.POST.get("token", "")
    if not value:
        return oauth_error("invalid_request", "Send the token to look at.")
    access_token = live_access_token(value, now=exchange.now)
    if access_token is not None:
        return _answer(_about_access_token(access_token, client))
    refresh_token = refresh_token_by_value(value)
    if (
        refresh_token is None
        or refresh_token.application_id != client.pk
        or not is_usable(refresh_token, now=exchange.now)
    ):
        return _answer(INACTIVE)
    return _answer(_about_refresh_token(refresh_token, client))


def _about_access_token(token: AccessToken, client: Client) -> dict[str, Any]:
    """To another client than the token's own, only a resource server's own scopes are shown, and so is the token."""
    scopes = scopes_of_token(token)
    if token.application_id != client.pk:
        own = client.allowed_scopes if client.is_resource_server else frozenset()
        scopes = [scope for scope in scopes if scope in own]
    if not scopes:
        return INACTIVE
    about = {
        "active": True,
        "scope": " ".join(scopes),
        "client_id": token.application.client_id,
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
        "iss": settings.BASE_URL,
    }
    if token.user is not None:
        about |= {"sub": str(token.user_id), "username": token.user.username}
    else:
        about |= {"sub": token.application.client_id}
    return about


def _about_refresh_token(token: RefreshToken, client: Client) -> dict[str, Any]:
    return {
        "active": True,
        "scope": " ".join(scopes_in_force(token.authorization)),
        "client_id": client.client_id,
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
        "iss": settings.BASE_URL,
        "sub": str(token.user_id),
    }


def _answer(about: dict[str, Any]) -> JsonResponse:
    return JsonResponse(about, headers=NO_STORE)
