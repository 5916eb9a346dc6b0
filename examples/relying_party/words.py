"""Claims and tokens as a person can read them."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from examples.relying_party.tokens import Tokens

METHODS = {
    "pwd": "password",
    "otp": "one-time code",
    "hwk": "security key",
    "swk": "passkey",
    "user": "presence check",
    "mfa": "second factor",
    "sms": "text message",
    "kba": "security question",
    "pin": "PIN",
}
SCOPES = {
    "openid": "who you are",
    "profile": "your name and profile",
    "email": "your e-mail address",
    "offline_access": "staying signed in while you are away",
    "payroll:read": "reading your payslips",
}
LABELS = {
    "name": "Your name",
    "preferred_username": "You sign in as",
    "email": "Your e-mail address",
    "email_verified": "Address confirmed",
    "zoneinfo": "Your time zone",
    "locale": "Your language",
}
LABELS_OF_THE_SIGN_IN = {
    "auth_time": "You signed in",
    "amr": "You proved it with",
}
LABELS_FOR_DEVELOPERS = {
    "iss": "Vouched for by",
    "sub": "Known there as",
    "exp": "ID token holds until",
}
CURRENCIES = {"EUR": "€", "GBP": "£", "USD": "$"}
# What the person already sees, or what only a programmer wants; the decoded token shows all of it.
LEFT_OUT = frozenset(
    {
        "nonce",
        "at_hash",
        "aud",
        "azp",
        "iat",
        "jti",
        "nbf",
        "acr",
        "sid",
        "c_hash",
        "updated_at",
        "given_name",
        "family_name",
    }
)


@dataclass(frozen=True)
class Line:
    label: str
    value: str


def in_plain_words(tokens: Tokens) -> list[Line]:
    """What Gatehouse said about the person, in the order in which one would tell it."""
    said = tokens.claims | tokens.person
    listed = LABELS | LABELS_OF_THE_SIGN_IN | LABELS_FOR_DEVELOPERS
    others = {name: _label(name) for name in sorted(said) if name not in listed and name not in LEFT_OUT}
    return _lines(tokens, LABELS | others | LABELS_OF_THE_SIGN_IN)


def for_developers(tokens: Tokens) -> list[Line]:
    """What tells one issuer, person and ID token from the next."""
    return _lines(tokens, LABELS_FOR_DEVELOPERS)


def zone_of(tokens: Tokens) -> tzinfo:
    """Where the person says they are; UTC when they or Gatehouse did not say."""
    return _zone((tokens.claims | tokens.person).get("zoneinfo"))


def permissions(tokens: Tokens) -> list[str]:
    return [SCOPES.get(scope, scope) for scope in tokens.scope.split()]


def decoded(token: str) -> str | None:
    """Header and claims of a JWT, indented, or None when the token is opaque. Shown, never trusted."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2]
        )
    except (binascii.Error, ValueError):
        return None
    return f"{json.dumps(header, indent=2)}\n.\n{json.dumps(claims, indent=2, ensure_ascii=False)}"


def shortened(token: str) -> str:
    """Enough to tell two tokens apart, too little to use one."""
    return f"{token[:6]}… ({len(token)} characters)"


def moment(seconds: float, zone: tzinfo) -> str:
    at = datetime.fromtimestamp(seconds, zone)
    return f"{at.day} {at:%B %Y, %H:%M:%S %Z}"


def money(amount: Decimal, currency: str) -> str:
    return f"{CURRENCIES.get(currency, currency + ' ')}{amount:,.2f}"


def _lines(tokens: Tokens, labels: Mapping[str, str]) -> list[Line]:
    said, zone = tokens.claims | tokens.person, zone_of(tokens)
    return [Line(label, _value(name, said[name], zone)) for name, label in labels.items() if name in said]


def _label(claim: str) -> str:
    return claim.replace("_", " ").capitalize()


def _value(claim: str, value: Any, zone: tzinfo) -> str:
    if claim in {"auth_time", "iat", "exp"} and isinstance(value, int | float):
        return moment(value, zone)
    if claim == "amr" and isinstance(value, list):
        return ", ".join(METHODS.get(str(method), str(method)) for method in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _zone(name: object) -> tzinfo:
    try:
        return ZoneInfo(name) if isinstance(name, str) else UTC
    except (ValueError, OSError, KeyError):  # A path, a folder, or an unknown name (which is a KeyError).
        return UTC
