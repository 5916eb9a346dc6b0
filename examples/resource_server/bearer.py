"""Bearer tokens on the way in: read from the request, judged, refused in the words of RFC 6750."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from werkzeug.datastructures import Headers

# RFC 6750 §2.1. The length bound keeps a hostile header from travelling on to the issuer.
BEARER = re.compile(r"Bearer +([A-Za-z0-9\-._~+/]{1,4096}=*)", re.IGNORECASE)


@dataclass(frozen=True)
class Grant:
    """What a valid token allows; `expires_at` in epoch seconds."""

    subject: str
    username: str
    client_id: str
    scopes: frozenset[str]
    expires_at: float


class TokenValidator(Protocol):
    """One way to judge a token. Introspection is one; checking a signed token on the spot can be another."""

    def recognises(self, token: str) -> bool:
        """Whether this validator is the one to ask about a token of this shape."""

    def validate(self, token: str) -> Grant | None:
        """What the token allows, or None when it is not valid (any more).

        Raises: IssuerUnavailable.
        """


class Refusal(Exception):
    """Answered with its status and a WWW-Authenticate header; RFC 6750 §3.1 gives the codes."""

    status = 401
    code = ""
    message = "This needs an access token."


class TokenMalformed(Refusal):
    status = 400
    code = "invalid_request"
    message = "Send one access token, in the Authorization header, as 'Bearer' and the token."


class TokenInvalid(Refusal):
    code = "invalid_token"
    message = "The access token has expired, was revoked, or is not one of ours."


class ScopeMissing(Refusal):
    status = 403
    code = "insufficient_scope"
    message = "The access token does not allow this."


class IssuerUnavailable(Exception):
    """The issuer cannot be asked; nobody is let in on a guess."""


def authenticate(headers: Headers, *, validators: Sequence[TokenValidator], scope: str) -> Grant:
    """The grant behind the request's token.

    Raises: Refusal in its kinds; IssuerUnavailable.
    """
    values = headers.getlist("Authorization")
    if not values:
        raise Refusal
    matched = BEARER.fullmatch(values[0])
    if len(values) > 1 or matched is None:
        raise TokenMalformed
    token = matched[1]
    validator = next((each for each in validators if each.recognises(token)), None)
    grant = validator.validate(token) if validator else None
    if grant is None:
        raise TokenInvalid
    if scope not in grant.scopes:
        raise ScopeMissing
    return grant


def challenge(refusal: Refusal, *, scope: str, metadata_url: str) -> str:
    """The WWW-Authenticate header. Spec: RFC 6750 §3, RFC 9728 §5.1."""
    said = {
        "realm": "Acme Payroll API",
        "resource_metadata": metadata_url,
        "scope": scope,
        # RFC 6750 §3.1: a request that carried no token at all is told nothing about errors.
        **({"error": refusal.code, "error_description": refusal.message} if refusal.code else {}),
    }
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())
