"""Random values that are handed out once, and the digests that stay."""

import hashlib
import hmac
import secrets
from typing import Any

from oauth2_provider.generators import BaseHashGenerator

RANDOM_BYTES = 32


def digest(value: str) -> str:
    """SHA-256 in hex: enough for 256 random bits, which nobody can guess their way back to."""
    return hashlib.sha256(value.encode()).hexdigest()


def matches(value: str, stored_digest: str) -> bool:
    return bool(stored_digest) and hmac.compare_digest(digest(value), stored_digest)


def new_access_token(request: Any = None) -> str:
    return f"gat_{secrets.token_urlsafe(RANDOM_BYTES)}"


def new_refresh_token(request: Any = None) -> str:
    return f"grt_{secrets.token_urlsafe(RANDOM_BYTES)}"


class ClientIdGenerator(BaseHashGenerator):
    def hash(self) -> str:
        # Not base64url: an id that begins with a dash reads as an option on a command line.
        return secrets.token_hex(16)


class ClientSecretGenerator(BaseHashGenerator):
    """The prefix lets secret scanners recognise a leaked one."""

    def hash(self) -> str:
        return f"gcs_{secrets.token_urlsafe(RANDOM_BYTES)}"
