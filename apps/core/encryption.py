"""Encryption of single values at rest under a keyring that can be rotated.

A token reads `v1.<key id>.<base64url of nonce, ciphertext and tag>`: AES-256-GCM with a random 96-bit nonce.
The additional data binds version, key id and purpose: a token copied into another column does not decrypt.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.core.errors import DomainError

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class EncryptionError(DomainError):
    """A stored secret cannot be read; nothing the caller can correct."""

    code = "encryption_error"
    http_status = 500
    message = "A stored secret could not be read."


class UnknownEncryptionKey(EncryptionError):
    """The token names a key outside the keyring: it was removed before its values were encrypted anew."""

    code = "encryption_key_unknown"


class CiphertextRefused(EncryptionError):
    """The token is malformed, was changed, or belongs to another purpose."""

    code = "ciphertext_refused"


class Keyring:
    """Encrypts with the first key and decrypts with any."""

    def __init__(self, keys: Iterable[str]) -> None:
        """`keys` are "kid:base64url of 32 bytes", the primary first. Raises: ImproperlyConfigured."""
        self._keys: dict[str, bytes] = {}
        for entry in keys:
            kid, key = _parsed_key(entry)
            if kid in self._keys:
                raise ImproperlyConfigured(f"Encryption key id {kid} is given twice.")
            self._keys[kid] = key
        if not self._keys:
            raise ImproperlyConfigured("No encryption key is configured (FIELD_ENCRYPTION_KEYS).")
        self.primary_key_id = next(iter(self._keys))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The primary first."""
        return tuple(self._keys)

    def encrypt(self, plaintext: bytes, *, purpose: str) -> str:
        kid = self.primary_key_id
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._keys[kid]).encrypt(nonce, plaintext, _bound_to(kid, purpose))
        return f"{VERSION}.{kid}.{_base64url(nonce + sealed)}"

    def decrypt(self, token: str, *, purpose: str) -> bytes:
        """Raises: UnknownEncryptionKey, CiphertextRefused."""
        kid, payload = _parsed_token(token)
        key = self._keys.get(kid)
        if key is None:
            raise UnknownEncryptionKey(f"key id {kid}, purpose {purpose}")
        try:
            return AESGCM(key).decrypt(payload[:NONCE_BYTES], payload[NONCE_BYTES:], _bound_to(kid, purpose))
        except InvalidTag as error:
            raise CiphertextRefused(f"authentication failed, purpose {purpose}") from error

    def is_current(self, token: str) -> bool:
        """Whether the token was made with the primary key. Raises: CiphertextRefused."""
        return _parsed_token(token)[0] == self.primary_key_id


def keyring() -> Keyring:
    """The keyring of the settings."""
    return _keyring_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _keyring_of(keys: tuple[str, ...]) -> Keyring:
    return Keyring(keys)


def _bound_to(kid: str, purpose: str) -> bytes:
    # Key ids hold no newline, so the three parts cannot run into each other.
    return f"gatehouse field {VERSION}\n{kid}\n{purpose}".encode()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _parsed_key(entry: str) -> tuple[str, bytes]:
    # The messages never repeat the entry: it is a secret.
    kid, separator, encoded = entry.strip().partition(":")
    if not separator or not KEY_ID.fullmatch(kid):
        raise ImproperlyConfigured(
            "An encryption key reads kid:base64url, the kid of letters, digits, - and _."
        )
    try:
        key = _decoded(encoded)
    except ValueError as error:
        raise ImproperlyConfigured(f"Encryption key {kid} is not base64url.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"Encryption key {kid} must have {KEY_BYTES} bytes, not {len(key)}.")
    return kid, key


def _parsed_token(token: str) -> tuple[str, bytes]:
    version, _, rest = token.partition(".")
    kid, _, encoded = rest.partition(".")
    if version != VERSION or not KEY_ID.fullmatch(kid):
        raise CiphertextRefused("not an encrypted value")
    try:
        payload = _decoded(encoded)
    except ValueError as error:
        raise CiphertextRefused("not base64url") from error
    if len(payload) < NONCE_BYTES + TAG_BYTES:
        raise CiphertextRefused("too short")
    return kid, payload


def _decoded(encoded: str) -> bytes:
    bare = encoded.rstrip("=")
    try:
        value = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if _base64url(value) != bare:
        raise ValueError("base64url with spare bits set")
    return value
