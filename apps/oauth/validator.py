"""What oauthlib asks while it walks through a request, answered from our tables.

django-oauth-toolkit's validator is the base; every question where it is open is answered here instead. Nothing
is written before the last check: codes and refresh tokens are consumed by conditional update right before the
tokens are stored, in the view's transaction.
"""

import re
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors

from apps.keys.services.tokens import sign_jwt
from apps.oauth.conf import access_token_lifetime
from apps.oauth.exchange import exchange_of
from apps.oauth.grants import GRANTS
from apps.oauth.id_tokens import TYP, id_token_claims
from apps.oauth.models import AuthorizationCode, Client
from apps.oauth.pkce import is_challenge, is_verifier
from apps.oauth.selectors import (
    LONGEST_TOKEN,
    client_by_client_id,
    refresh_token_by_value,
    scopes_in_force,
)
from apps.oauth.services.authorizations import save_authorization_code
from apps.oauth.services.redemption import judge_code, judge_refresh_token, use_up
from apps.oauth.services.tokens import NewTokens, store_tokens
from apps.oauth.token_values import digest, matches

# Standard base64 and nothing else; Python's decoder would skip what it does not know.
BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
NO_CREDENTIALS = "-"


class GatehouseValidator(OAuth2Validator):
    # Clients ------------------------------------------------------------------------------------------------

    def _load_application(self, client_id: str, request: Any) -> Client | None:
        if isinstance(request.client, Client) and request.client.client_id == client_id:
            return request.client
        client = request.client = client_by_client_id(client_id)
        if client is not None:
            exchange_of(request).client = client
        return client

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return matches(provided_secret, stored_secret)

    def _extract_basic_auth(self, request: Any) -> str | None:
        """The credentials of the Basic scheme, in any case; those that cannot be right fail, they are not ignored."""
        scheme, _, credentials = request.headers.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        return credentials if BASE64.fullmatch(credentials) else NO_CREDENTIALS

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By header or by body, never by both. Spec: RFC 6749 §2.3."""
        if self._extract_basic_auth(request):
            if getattr(request, "client_secret", None):
                return False
            is_authentic = self._authenticate_basic_auth(request)
            if is_authentic and request.client_id and request.client_id != request.client.client_id:
                return False
            if is_authentic:
                request.client_id = request.client.client_id
        else:
            is_authentic = self._authenticate_request_body(request)
        return bool(is_authentic and not request.client.is_public)

    def authenticate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        client = self._load_application(client_id, request)
        return client is not None and client.is_public

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        if self._extract_basic_auth(request) or getattr(request, "client_secret", None):
            return True
        client = self._load_application(request.client_id, request)
        return client is None or not client.is_public

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type in GRANTS and client.allows_grant_type(GRANTS[grant_type])

    # Authorization requests ---------------------------------------------------------------------------------

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        return client.allows_grant_type(Client.GRANT_AUTHORIZATION_CODE)

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        return request.client is None or request.client.is_pkce_required or request.client.is_public

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if not any(scopes or ()):
            raise errors.InvalidScopeError(description="Say which scopes are wanted.", request=request)
        if not client.allowed_scopes.issuperset(scopes):
            raise errors.InvalidScopeError(
                description="The client is not registered for all of these scopes.", request=request
            )
        return True

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return []

    def validate_silent_login(self, request: Any) -> bool:
        """The view, which knows the browser's session, answers prompt=none after this."""
        return True

    def validate_silent_authorization(self, request: Any) -> bool:
        """As for silent login."""
        return True

    def validate_user_match(self, id_token_hint: Any, scopes: Any, claims: Any, request: Any) -> bool:
        """As for silent login."""
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        challenge = request.code_challenge or ""
        if challenge and (request.code_challenge_method != "S256" or not is_challenge(challenge)):
            raise errors.InvalidRequestError(
                description="code_challenge must be an S256 challenge.", request=request
            )
        exchange = exchange_of(request)
        save_authorization_code(
            code=code["code"],
            client=request.client,
            current=request.signed_in,
            consent=request.consent,
            scopes=request.scopes,
            redirect_uri=request.redirect_uri,
            code_challenge=challenge,
            nonce=request.nonce or "",
            pushed=request.pushed,
            origin=exchange.origin,
            now=exchange.now,
        )

    # Redeeming a code ---------------------------------------------------------------------------------------

    def _code(self, code: str, request: Any) -> AuthorizationCode | None:
        """The presented code with all it hangs on, read once a request."""
        exchange = exchange_of(request)
        if not exchange.is_code_read and code and len(code) <= LONGEST_TOKEN:
            exchange.is_code_read = True
            exchange.code = (
                AuthorizationCode.objects.select_related(
                    "authorization__user", "authorization__session", "authorization__client__application"
                )
                .filter(code=digest(code))
                .first()
            )
        return exchange.code

    def get_authorization_code_scopes(
        self, client_id: str, code: str, redirect_uri: str, request: Any
    ) -> list[str]:
        found = self._code(code, request)
        return found.scope.split() if found else []

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Any
    ) -> str | None:
        found = self._code(code, request)
        return found.nonce or None if found else None

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        exchange = exchange_of(request)
        found = self._code(code, request)
        if not judge_code(code=found, client=client, exchange=exchange) or found is None:
            return False
        request.user = found.authorization.user
        request.scopes = scopes_in_force(found.authorization)
        request.nonce = found.nonce or None
        return True

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        found = self._code(code, request)
        challenge = found.code_challenge or None if found else None
        if challenge is None and getattr(request, "code_verifier", None):
            # A verifier without a challenge is the mark of a downgrade. Spec: RFC 9700 §2.1.1.
            exchange_of(request).reason = "verifier_without_challenge"
            raise errors.InvalidGrantError(request=request)
        if challenge and not is_verifier(request.code_verifier or ""):
            exchange_of(request).reason = "missing_or_malformed_code_verifier"
            raise errors.InvalidGrantError(request=request)
        return challenge

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        return "S256"

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: Client,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Left out, it stands for the client's only one where the code is bound by a challenge, as in OAuth 2.1.

        Spec: RFC 6749 §4.1.3.
        """
        found = self._code(code, request)
        is_bound = not request.using_default_redirect_uri or (
            found is not None and bool(found.code_challenge)
        )
        if found is None or found.redirect_uri != redirect_uri or not is_bound:
            exchange_of(request).reason = "redirect_uri_differs"
            raise errors.InvalidGrantError(request=request)
        return True

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Done before the tokens were stored."""

    # Refreshing ---------------------------------------------------------------------------------------------

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        exchange = exchange_of(request)
        found = exchange.refresh_token = refresh_token_by_value(refresh_token)
        if not judge_refresh_token(token=found, client=client, exchange=exchange) or found is None:
            return False
        request.user = found.authorization.user
        request.refresh_token = refresh_token
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        found = exchange_of(request).refresh_token
        return scopes_in_force(found.authorization) if found else []

    def rotate_refresh_token(self, request: Any) -> bool:
        return True

    # Storing ------------------------------------------------------------------------------------------------

    def get_id_token(self, token: dict[str, Any], token_handler: Any, request: Any) -> str:
        exchange = exchange_of(request)
        presented = exchange.code or exchange.refresh_token
        assert presented is not None, "an ID token needs a person, and so a code or a refresh token"  # noqa: S101
        claims = id_token_claims(
            authorization=presented.authorization,
            scopes=request.scopes,
            access_token=token["access_token"],
            nonce=exchange.code.nonce if exchange.code else "",
            algorithm=request.client.algorithm,
            now=exchange.now,
        )
        return sign_jwt(claims=claims, algorithm=request.client.algorithm, typ=TYP)

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        exchange = exchange_of(request)
        presented = exchange.code or exchange.refresh_token
        if presented is not None and not use_up(presented=presented, exchange=exchange):
            raise errors.InvalidGrantError(request=request)
        store_tokens(
            tokens=NewTokens(
                access_token=token["access_token"],
                refresh_token=token.get("refresh_token", ""),
                scope=token["scope"],
                expires_in=int(access_token_lifetime().total_seconds()),
            ),
            client=request.client,
            authorization=presented.authorization if presented else None,
            grant_type=request.grant_type,
            exchange=exchange,
        )

    # Doors that stay shut -----------------------------------------------------------------------------------

    def validate_user(self, *args: Any, **kwargs: Any) -> bool:
        """There is no password grant. Spec: RFC 9700 §2.4."""
        return False

    def validate_id_token(self, token: str, scopes: Any, request: Any) -> bool:
        """An ID token is not an access token."""
        return False

    def validate_jwt_bearer_token(self, token: str, scopes: Any, request: Any) -> bool:
        """An ID token is not an access token."""
        return False
