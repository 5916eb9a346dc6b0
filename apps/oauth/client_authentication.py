"""Who calls an endpoint for clients, by the same rules as at the token endpoint."""

from django.http import HttpRequest, JsonResponse
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.common import Request

from apps.oauth.answers import oauth_error
from apps.oauth.exchange import Exchange
from apps.oauth.models import Client
from apps.oauth.services.client_refusals import record_client_refusal


def calling_client(request: HttpRequest, exchange: Exchange, *, may_be_public: bool) -> Client | None:
    """The authenticated client, a public one by its id alone where that is enough, or nobody (recorded)."""
    core = get_oauthlib_core()
    oauth_request = Request(*core._extract_params(request))
    validator = core.server.request_validator
    if validator.client_authentication_required(oauth_request):
        is_accepted = validator.authenticate_client(oauth_request)
    else:
        is_accepted = may_be_public and validator.authenticate_client_id(
            oauth_request.client_id, oauth_request
        )
    if is_accepted:
        return exchange.client
    record_client_refusal(endpoint=request.path, exchange=exchange)
    return None


def unauthenticated() -> JsonResponse:
    """Spec: RFC 6749 §5.2, invalid_client."""
    return oauth_error(
        "invalid_client",
        "Client authentication failed.",
        status=401,
        headers={"WWW-Authenticate": 'Basic realm="gatehouse"'},
    )
