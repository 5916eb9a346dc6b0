"""What stands in a one-time link: 256 random bits, of which only a digest is kept."""

import hashlib
import secrets

TOKEN_LENGTH = 43


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
