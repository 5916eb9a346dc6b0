"""The parameters of an authorization request that oauthlib leaves to us, parsed strictly.

Spec: OIDC Core §3.1.2.1, RFC 7636 §4.3, RFC 9101 §5, OAuth 2.0 Form Post Response Mode §2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from django.http import QueryDict

from apps.oauth.answers import ResponseMode
from apps.oauth.pkce import is_challenge

# Any other is ignored (RFC 6749 §3.1), and not kept.
KNOWN = frozenset(
    {
        "acr_values",
        "claims",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "display",
        "id_token_hint",
        "login_hint",
        "max_age",
        "nonce",
        "prompt",
        "redirect_uri",
        "registration",
        "request",
        "resource",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    }
)
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
REPEATABLE = frozenset({"resource"})
# What fits into a request line as the web server in front reads it.
LONGEST_QUERY = 8_000
# In bytes; nobody's name or e-mail address is longer.
LONGEST_LOGIN_HINT = 254
LONGEST_NONCE = 1_024
LONGEST_STATE = 4_096
# Ten years; more digits than that would not even fit where seconds are counted.
LONGEST_MAX_AGE = 10 * 365 * 86_400
MAX_AGE = re.compile(r"[0-9]{1,9}")
# NUL, a fragment, or a percent sign that encodes nothing: libraries do not agree on what follows.
UNREADABLE = re.compile(r"%00|[\x00#]|%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Wishes:
    """How the client wants the person to be asked."""

    prompt: frozenset[str] = frozenset()
    max_age_seconds: int | None = None
    id_token_hint: str = ""
    login_hint: str = ""

    @property
    def is_silent(self) -> bool:
        return "none" in self.prompt


@dataclass(frozen=True)
class Problem:
    """A wire code of RFC 6749 §4.1.2.1 or OIDC Core §3.1.2.6, and words for the client's developer."""

    error: str
    description: str


def is_readable(query: str, parameters: QueryDict) -> bool:
    """Whether every parser reads the same from it, and no parameter came twice. Spec: RFC 6749 §3.1."""
    return UNREADABLE.search(query) is None and all(
        len(values) == 1 or name in REPEATABLE for name, values in parameters.lists()
    )


def survives_sign_in(query: str) -> bool:
    """Whether it still fits when it is part of the sign-in page's address, encoded once more, beside a hint."""
    return len(quote_plus(query)) + 3 * LONGEST_LOGIN_HINT <= LONGEST_QUERY


def parse_wishes(parameters: Mapping[str, str]) -> Wishes | Problem:
    problem = _problem_with(parameters)
    if problem is not None:
        return problem
    max_age = parameters.get("max_age")
    return Wishes(
        prompt=frozenset(parameters.get("prompt", "").split()) & PROMPTS,
        max_age_seconds=int(max_age) if max_age else None,
        id_token_hint=parameters.get("id_token_hint", ""),
        login_hint=parse_login_hint(parameters.get("login_hint", "")),
    )


def parse_login_hint(value: str) -> str:
    """Empty when it is nobody's."""
    return value if len(value.encode()) <= LONGEST_LOGIN_HINT and "\x00" not in value else ""


def response_mode_of(parameters: Mapping[str, str]) -> ResponseMode:
    """How errors travel too; in the query when what is asked for cannot be done."""
    mode = parameters.get("response_mode", ResponseMode.QUERY)
    if mode not in set(ResponseMode) or _is_form_to_an_app(parameters):
        return ResponseMode.QUERY
    return ResponseMode(mode)


def _is_form_to_an_app(parameters: Mapping[str, str]) -> bool:
    """No browser posts a form to the scheme of a native application."""
    is_form = parameters.get("response_mode") == ResponseMode.FORM_POST
    return is_form and not parameters.get("redirect_uri", "https:").startswith(("https:", "http:"))


def _problem_with(parameters: Mapping[str, str]) -> Problem | None:
    if "request" in parameters:
        return Problem("request_not_supported", "Request objects are not supported.")
    if "request_uri" in parameters:
        return Problem("request_uri_not_supported", "Request objects are not supported.")
    if "registration" in parameters:
        return Problem("registration_not_supported", "The registration parameter is not supported.")
    if parameters.get("response_mode", ResponseMode.QUERY) not in set(ResponseMode):
        return Problem("invalid_request", f"response_mode is one of {', '.join(ResponseMode)}.")
    if _is_form_to_an_app(parameters):
        return Problem("invalid_request", "response_mode form_post needs an http redirect_uri.")
    if not parameters.get("scope", "").strip():
        return Problem("invalid_scope", "Say which scopes are wanted.")
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is not None and (method != "S256" or not is_challenge(challenge)):
        return Problem(
            "invalid_request", "code_challenge must be an S256 challenge, code_challenge_method S256."
        )
    if challenge is None and method is not None:
        return Problem("invalid_request", "code_challenge_method came without code_challenge.")
    prompt = set(parameters.get("prompt", "").split())
    if "none" in prompt and len(prompt) > 1:
        return Problem("invalid_request", "prompt none excludes every other prompt.")
    max_age = parameters.get("max_age", "")
    if max_age and not (MAX_AGE.fullmatch(max_age) and int(max_age) <= LONGEST_MAX_AGE):
        return Problem("invalid_request", "max_age must be a number of seconds.")
    if len(parameters.get("nonce", "")) > LONGEST_NONCE or len(parameters.get("state", "")) > LONGEST_STATE:
        return Problem("invalid_request", "nonce or state is too long.")
    return None
