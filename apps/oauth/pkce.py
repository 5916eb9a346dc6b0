"""Proof Key for Code Exchange, S256 only. Spec: RFC 7636 §4.2, §4.6."""

import re

S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")


def is_challenge(value: str) -> bool:
    """Whether it can be the base64url of a SHA-256 digest."""
    return bool(S256_CHALLENGE.match(value))


def is_verifier(value: str) -> bool:
    return bool(VERIFIER.match(value))
