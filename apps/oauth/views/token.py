"""/oauth/token. Spec: RFC 6749 §3.2."""

import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from oauth2_provider.oauth2_backends import get_oauthlib_core

from apps.oauth.answers import NO_STORE, oauth_error
from apps.oauth.cors import readable_from_pages
from apps.oauth.exchange import begin_exchange
from apps.oauth.form_requests import form_endpoint
from apps.oauth.grants import GRANTS
from apps.oauth.metrics import count_token_answer
from apps.oauth.services.tokens import record_refusal
from apps.oauth.throttle import throttled


@readable_from_pages("POST")
@form_endpoint
@throttled
def token(request: HttpRequest) -> HttpResponse:
    """A refusal is committed like a success: its event, and the end of a replayed family, must stay."""
    exchange = begin_exchange(request)
    grant_type = request.POST.get("grant_type", "")
    error = ""
    with transaction.atomic():
        response = _answer(request, grant_type)
        if response.status_code >= 400:
            error = json.loads(response.content)["error"]
            record_refusal(error=error, grant_type=grant_type, exchange=exchange)
    count_token_answer(grant_type=grant_type, error=error)
    return response


def _answer(request: HttpRequest, grant_type: str) -> HttpResponse:
    if not grant_type:
        return oauth_error("invalid_request", "Send a grant_type.")
    if grant_type not in GRANTS:
        # oauthlib knows more grants than there are here.
        return oauth_error("unsupported_grant_type", "There is no such grant here.")
    _, headers, body, status = get_oauthlib_core().create_token_response(request)
    response = HttpResponse(body, status=status, content_type="application/json", headers=NO_STORE)
    if "WWW-Authenticate" in headers:
        response["WWW-Authenticate"] = 'Basic realm="gatehouse"'
    return response
