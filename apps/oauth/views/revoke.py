"""/oauth/revoke. Spec: RFC 7009."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from apps.oauth.answers import NO_STORE, oauth_error
from apps.oauth.client_authentication import calling_client, unauthenticated
from apps.oauth.cors import readable_from_pages
from apps.oauth.exchange import begin_exchange
from apps.oauth.form_requests import form_endpoint
from apps.oauth.services.revocation import revoke_presented_token
from apps.oauth.throttle import throttled


@readable_from_pages("POST")
@form_endpoint
@throttled
def revoke(request: HttpRequest) -> HttpResponse:
    """Unknown, foreign and already dead tokens are answered like revoked ones (§2.2)."""
    exchange = begin_exchange(request)
    client = calling_client(request, exchange, may_be_public=True)
    if client is None:
        return unauthenticated()
    value = request.POST.get("token", "")
    if not value:
        return oauth_error("invalid_request", "Send the token to revoke.")
    revoke_presented_token(value=value, client=client, exchange=exchange)
    return HttpResponse(status=HTTPStatus.OK, headers=NO_STORE)
