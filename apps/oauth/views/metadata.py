"""Discovery and keys. Spec: OIDC Discovery §3, §4; RFC 8414 §2, §3; RFC 7517 §5."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_safe

from apps.keys.selectors import token_jwks
from apps.oauth.answers import ResponseMode
from apps.oauth.models import Client

# Anybody may read these, from any origin.
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
DISCOVERY_HEADERS = {**PUBLIC, "Cache-Control": "public, max-age=3600"}
# A new key is published for days before it signs; this is how long one that is taken out is still believed.
JWKS_HEADERS = {**PUBLIC, "Cache-Control": "public, max-age=300"}
CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"]


def authorization_server_metadata() -> dict[str, Any]:
    base = settings.BASE_URL
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "pushed_authorization_request_endpoint": f"{base}/oauth/par",
        "require_pushed_authorization_requests": False,
        "token_endpoint": f"{base}/oauth/token",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": list(ResponseMode),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*CLIENT_AUTHENTICATION, "none"],
        "introspection_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": [*CLIENT_AUTHENTICATION, "none"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": [code for code, _ in settings.LANGUAGES],
    }


def openid_provider_metadata() -> dict[str, Any]:
    base = settings.BASE_URL
    return {
        **authorization_server_metadata(),
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "end_session_endpoint": f"{base}/oauth/logout",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(Client.SigningAlgorithm.values),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "sid",
            "at_hash",
            "name",
            "given_name",
            "family_name",
            "preferred_username",
            "zoneinfo",
            "locale",
            "updated_at",
            "email",
            "email_verified",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


@require_safe
def openid_configuration(request: HttpRequest) -> HttpResponse:
    return JsonResponse(openid_provider_metadata(), headers=DISCOVERY_HEADERS)


@require_safe
def oauth_authorization_server(request: HttpRequest) -> HttpResponse:
    return JsonResponse(authorization_server_metadata(), headers=DISCOVERY_HEADERS)


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    answer = JsonResponse(token_jwks(), headers=JWKS_HEADERS, content_type="application/jwk-set+json")
    return unchanged_or(answer, request)


def unchanged_or(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """304 for who has this answer already. Spec: RFC 9110 §13.1.2, §15.4.5."""
    tag = quote_etag(hashlib.sha256(answer.content).hexdigest()[:32])
    answer["ETag"] = tag
    if tag not in {
        entry.removeprefix("W/") for entry in parse_etags(request.headers.get("If-None-Match", ""))
    }:
        return answer
    kept = {name: value for name, value in answer.items() if name != "Content-Type"}
    return HttpResponseNotModified(headers=kept)
