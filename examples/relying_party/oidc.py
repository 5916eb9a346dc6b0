"""Signing in with Gatehouse: discovery, code flow with PKCE, ID token checks, renewal, revocation, sign-out.

Authlib does the work. Added here is what a careful application adds: the discovery document and the answer
must name the configured issuer, no check of the ID token is optional, and errors become words.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, Response, session
from joserfc.errors import JoseError

from examples.relying_party.conf import SCOPE, SIGNING_ALGORITHMS, Settings
from examples.relying_party.errors import (
    AnswerNotTrusted,
    GatehouseUnavailable,
    NoAccess,
    PersonSaidNo,
    SessionEnded,
    SignInExpired,
    SignInRefused,
)
from examples.relying_party.tokens import Tokens

logger = logging.getLogger("payroll.oidc")

TIMEOUT_SECONDS = 10
CLOCK_SKEW_SECONDS = 30
# The issuer's word that the person or the administrator said no; every other error is a fault to look into.
REFUSALS = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})
# Both come as access_denied; only Gatehouse's description tells them apart.
REFUSED_IN_WORDS = {
    "The person did not consent.": PersonSaidNo,
    "The person may not use this application.": NoAccess,
}


class Gatehouse:
    def __init__(self, app: Flask, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = OAuth(app).register(
            "gatehouse",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
                # Authlib would renew by itself in the middle of a request; TokenKeeper does it, in turn.
                "leeway": 0,
            },
        )

    def redirect_to_sign_in(self, *, login_hint: str = "", prompt: str = "") -> Response:
        """State, nonce and code verifier are made here and stay in the server-side session.

        Raises: GatehouseUnavailable.
        """
        with _plain_words():
            self._metadata()
            wishes = {"login_hint": login_hint, "prompt": prompt}
            asked = {name: value for name, value in wishes.items() if value}
            response: Response = self._client.authorize_redirect(self._settings.callback_url, **asked)
        return response

    def complete_sign_in(self, answer: Mapping[str, str]) -> Tokens:
        """Trades the code of the answer for tokens, once everything in both has been checked.

        Raises: SignInExpired, SignInRefused, AnswerNotTrusted, GatehouseUnavailable.
        """
        if not self._client.framework.get_state_data(session, answer.get("state", "")):
            raise SignInExpired("the answer carries a state that this session did not send")
        with _plain_words():
            self._check_issuer(answer.get("iss"))
            token = self._client.authorize_access_token(
                claims_options=self._claims_options("nonce", "at_hash"), leeway=CLOCK_SKEW_SECONDS
            )
            claims = token.get("userinfo")
            if not claims:
                raise AnswerNotTrusted("the token response holds no ID token")
            person = self._client.userinfo(token=token)
            # OpenID Connect Core §5.3.2: a userinfo answer about someone else must not be used.
            if person.get("sub") != claims["sub"]:
                raise AnswerNotTrusted("userinfo is about another subject than the ID token")
        return _tokens(token, claims=dict(claims), person=dict(person))

    def renew(self, tokens: Tokens) -> Tokens:
        """Spends the refresh token. A new ID token must be about the same person (OpenID Connect Core §12.2).

        Raises: SessionEnded when the issuer no longer honours it; AnswerNotTrusted, GatehouseUnavailable.
        """
        if not tokens.refresh_token:
            raise SessionEnded("the access token ran out and there is no refresh token")
        with _plain_words():
            self._metadata()
            try:
                token = self._client.fetch_access_token(
                    grant_type="refresh_token", refresh_token=tokens.refresh_token, scope=tokens.scope
                )
            except OAuthError as error:
                if error.error != "invalid_grant":
                    raise
                raise SessionEnded(f"refresh refused: {error.error}") from error
            claims = tokens.claims
            if "id_token" in token:
                claims = dict(self._client.parse_id_token(token, None, claims_options=self._claims_options()))
                if claims["sub"] != tokens.claims["sub"]:
                    raise AnswerNotTrusted("the renewed ID token is about another subject")
        return replace(
            _tokens(token, claims=claims, person=tokens.person),
            refresh_token=token.get("refresh_token", tokens.refresh_token),
            id_token=token.get("id_token", tokens.id_token),
            scope=token.get("scope", tokens.scope),
            renewals=tokens.renewals + 1,
        )

    def revoke(self, tokens: Tokens) -> None:
        """Ends the refresh token, and with it the access tokens (RFC 7009).

        A failure is logged only: it must not keep anybody from signing out.
        """
        try:
            with _plain_words():
                self._send_revocation(tokens)
        except (GatehouseUnavailable, AnswerNotTrusted) as error:
            logger.warning("refresh token was not revoked: %s", error.detail)

    def redirect_to_sign_out(self, *, id_token: str) -> Response:
        """Raises: GatehouseUnavailable."""
        with _plain_words():
            self._metadata()
            response: Response = self._client.logout_redirect(
                self._settings.signed_out_url, id_token_hint=id_token, client_id=self._settings.client_id
            )
        return response

    def confirm_sign_out(self) -> bool:
        """Whether this is the answer to a sign-out that this browser began here."""
        try:
            self._client.validate_logout_response()
        except OAuthError:
            return False
        return True

    def _metadata(self) -> dict[str, Any]:
        """The discovery document, which must name the configured issuer (OpenID Connect Discovery §4.3)."""
        metadata: dict[str, Any] = self._client.load_server_metadata()
        if metadata.get("issuer") != self._settings.issuer:
            found = metadata.get("issuer")
            metadata.clear()
            raise AnswerNotTrusted(f"the discovery document names {found!r} as its issuer")
        offered = metadata.get("id_token_signing_alg_values_supported", SIGNING_ALGORITHMS)
        metadata["id_token_signing_alg_values_supported"] = [a for a in offered if a in SIGNING_ALGORITHMS]
        return metadata

    def _check_issuer(self, issuer: str | None) -> None:
        """An answer from another issuer is a mix-up attack. Spec: RFC 9207 §2.4."""
        is_promised = self._metadata().get("authorization_response_iss_parameter_supported") is True
        if issuer is None and not is_promised:
            return
        if issuer != self._settings.issuer:
            raise AnswerNotTrusted(f"the answer names {issuer!r} as its issuer")

    def _claims_options(self, *also_required: str) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
            **{name: {"essential": True} for name in ("sub", "exp", "iat", *also_required)},
        }

    def _send_revocation(self, tokens: Tokens) -> None:
        endpoint = self._metadata().get("revocation_endpoint")
        if not endpoint:
            raise AnswerNotTrusted("the discovery document names no revocation endpoint")
        kind = "refresh_token" if tokens.refresh_token else "access_token"
        with OAuth2Session(self._settings.client_id, self._settings.client_secret) as http:
            http.revoke_token(
                endpoint, token=getattr(tokens, kind), token_type_hint=kind, timeout=TIMEOUT_SECONDS
            ).raise_for_status()


@contextmanager
def _plain_words() -> Iterator[None]:
    """Turns the libraries' errors into ours."""
    try:
        yield
    except requests.RequestException as error:
        raise GatehouseUnavailable(f"{type(error).__name__}: {error}") from error
    except MismatchingStateError as error:
        raise SignInExpired("state does not match") from error
    except OAuthError as error:
        if error.error in REFUSALS:
            refused = REFUSED_IN_WORDS.get(error.description or "", SignInRefused)
            raise refused(f"{error.error}: {error.description}") from error
        raise AnswerNotTrusted(f"{error.error}: {error.description}") from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        raise AnswerNotTrusted(f"{type(error).__name__}: {error}") from error


def _tokens(token: Mapping[str, Any], *, claims: dict[str, Any], person: dict[str, Any]) -> Tokens:
    return Tokens(
        access_token=token["access_token"],
        refresh_token=token.get("refresh_token", ""),
        id_token=token.get("id_token", ""),
        # RFC 6749 §5.1 lets expires_in out; an hour is then assumed, and a 401 renews sooner.
        expires_at=float(token.get("expires_at") or time.time() + 3600),
        scope=token.get("scope", SCOPE),
        claims=claims,
        person=person,
    )
