"""Password hashes that other systems made: read strictly, kept inside Argon2id until their person signs in.

What is stored is Argon2id of the digest that the other system would have stored, so a fast digest is as slow to
guess as any other password here. Whoever writes such a hash cannot make signing in slow: the work that it may
ask for is bounded where it is read.

Spec: Provos and Mazières 1999 (bcrypt); RFC 8018 §5.2 and Keycloak's credential representation (PBKDF2);
draft-stroeder-hashed-userpassword-values (salted SHA of LDAP).
"""

import base64
import binascii
import hashlib
import json
import re
from typing import Any

import bcrypt
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher

from apps.directory.errors import PasswordHashRefused

LONGEST_HASH = 4096
LONGEST_SALT_BYTES = 64
OUTER = "$argon2$"

BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})\Z")
BCRYPT_COSTS = range(4, 14)
# What bcrypt reads of a password, here as in the system that the hash comes from.
BCRYPT_BYTES = 72

# About the work that the highest bcrypt cost asks for.
PBKDF2_ITERATIONS = {"sha1": 1_500_000, "sha256": 1_000_000, "sha512": 500_000}
PBKDF2_SHORTEST_DIGEST = 16

SALTED_SHA = re.compile(r"\{SSHA(256|384|512)?\}([A-Za-z0-9+/]+={0,2})\Z", re.IGNORECASE)


class ForeignHasher(BasePasswordHasher):
    """Verifies `algorithm$parameters$argon2$…`; never makes a hash of a new password."""

    def digest(self, password: str, parameters: str) -> str:
        """What the other system would have stored of this password."""
        raise NotImplementedError

    def wrap(self, parameters: str, digest: str) -> str:
        argon2 = get_hasher("default")
        return f"{self.algorithm}${parameters}${argon2.encode(digest, argon2.salt())}"

    def verify(self, password: str, encoded: str) -> bool:
        """In constant time: what is compared is two Argon2id hashes, by Argon2's own means."""
        inner, _, outer = encoded.partition(OUTER)
        parameters = inner.partition("$")[2]
        return get_hasher("default").verify(self.digest(password, parameters), OUTER[1:] + outer)

    def must_update(self, encoded: str) -> bool:
        return True


class BcryptInArgon2(ForeignHasher):
    """Parameters: `cost$salt`."""

    algorithm = "bcrypt_in_argon2"

    def digest(self, password: str, parameters: str) -> str:
        cost, salt = parameters.split("$")
        # 2a, 2b and 2y differ in the bugs that the hash's maker may have had, not in what is right.
        hashed = bcrypt.hashpw(password.encode()[:BCRYPT_BYTES], f"$2b${cost}${salt}".encode())
        return hashed.decode()[-31:]


class Pbkdf2InArgon2(ForeignHasher):
    """Parameters: `digest$iterations$bytes$salt`."""

    algorithm = "pbkdf2_in_argon2"

    def digest(self, password: str, parameters: str) -> str:
        name, iterations, length, salt = parameters.split("$")
        return hashlib.pbkdf2_hmac(
            name, password.encode(), base64.b64decode(salt), int(iterations), int(length)
        ).hex()


class SaltedShaInArgon2(ForeignHasher):
    """Parameters: `digest$salt`."""

    algorithm = "salted_sha_in_argon2"

    def digest(self, password: str, parameters: str) -> str:
        name, salt = parameters.split("$")
        return hashlib.new(name, password.encode() + base64.b64decode(salt)).hexdigest()


def accept_foreign_hash(text: str) -> str:
    """The hash as it is stored here.

    `text` is a bcrypt hash ($2a$, $2b$, $2y$), an LDAP value ({SSHA}, {SSHA256}, {SSHA384}, {SSHA512}) or the
    JSON of a password credential from a Keycloak export.

    Raises: PasswordHashRefused for anything else, and for one that would take too long to verify.
    """
    text = text.strip()
    if len(text) > LONGEST_HASH:
        raise PasswordHashRefused(f"It is longer than {LONGEST_HASH} characters.")
    if text.startswith("$2"):
        return _accept_bcrypt(text)
    if text[:5].upper() == "{SSHA":
        return _accept_salted_sha(text)
    if text.startswith("{"):
        return _accept_keycloak(text)
    raise PasswordHashRefused("It is no bcrypt hash, no {SSHA} value and no password credential of Keycloak.")


def _accept_bcrypt(text: str) -> str:
    match = BCRYPT.match(text)
    if match is None:
        raise PasswordHashRefused("It begins like a bcrypt hash but is not one.")
    cost, salt, digest = match.groups()
    if int(cost) not in BCRYPT_COSTS:
        raise PasswordHashRefused(
            f"bcrypt's cost is {int(cost)}; {BCRYPT_COSTS.start} to {BCRYPT_COSTS.stop - 1} are accepted."
        )
    # The last letters of both carry bits that mean nothing; written anew they are as bcrypt writes them.
    salt = _canonical_bcrypt(salt, meaningful_bits_of_last=2)
    digest = _canonical_bcrypt(digest, meaningful_bits_of_last=4)
    return BcryptInArgon2().wrap(f"{cost}${salt}", digest)


BCRYPT_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _canonical_bcrypt(letters: str, *, meaningful_bits_of_last: int) -> str:
    unused = 6 - meaningful_bits_of_last
    last = BCRYPT_LETTERS.index(letters[-1]) >> unused << unused
    return letters[:-1] + BCRYPT_LETTERS[last]


def _accept_salted_sha(text: str) -> str:
    match = SALTED_SHA.match(text)
    if match is None:
        raise PasswordHashRefused("It begins like a salted hash of LDAP but is not one.")
    name = f"sha{match.group(1) or 1}"
    value = _from_base64(match.group(2))
    size = hashlib.new(name).digest_size
    digest, salt = value[:size], value[size:]
    if len(digest) < size:
        raise PasswordHashRefused(f"{len(value)} bytes are too few for a salted {name}.")
    return SaltedShaInArgon2().wrap(f"{name}${_salt(salt)}", digest.hex())


def _accept_keycloak(text: str) -> str:
    credential = _json_object(text)
    data, secret = (_json_object(credential.get(part)) for part in ("credentialData", "secretData"))
    name = str(data.get("algorithm", "")).removeprefix("pbkdf2-")
    name = "sha1" if name == "pbkdf2" else name
    if name not in PBKDF2_ITERATIONS:
        raise PasswordHashRefused(
            "Of Keycloak's algorithms only pbkdf2, pbkdf2-sha256 and -sha512 are accepted."
        )
    iterations = data.get("hashIterations")
    if type(iterations) is not int or not 1 <= iterations <= PBKDF2_ITERATIONS[name]:
        raise PasswordHashRefused(f"hashIterations must be a number from 1 to {PBKDF2_ITERATIONS[name]}.")
    salt = _salt(_from_base64(secret.get("salt")))
    # Every block of a longer digest costs the same again and proves nothing more.
    digest = _from_base64(secret.get("value"))[: hashlib.new(name).digest_size]
    if len(digest) < PBKDF2_SHORTEST_DIGEST:
        raise PasswordHashRefused(f"A digest of less than {PBKDF2_SHORTEST_DIGEST} bytes proves nothing.")
    return Pbkdf2InArgon2().wrap(f"{name}${iterations}${len(digest)}${salt}", digest.hex())


def _json_object(text: object) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PasswordHashRefused(
            "It is no password credential of Keycloak: a JSON object with secretData and credentialData."
        )
    return value


def _from_base64(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        raise PasswordHashRefused("Part of it should be base64 and is not.") from None


def _salt(salt: bytes) -> str:
    if not 1 <= len(salt) <= LONGEST_SALT_BYTES:
        raise PasswordHashRefused(f"The salt has {len(salt)} bytes; 1 to {LONGEST_SALT_BYTES} are accepted.")
    return base64.b64encode(salt).decode()
