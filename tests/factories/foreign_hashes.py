"""What other systems keep of a password, made by their own formulas with as little work as they allow."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import bcrypt

from tests.factories.people import PASSWORD


def bcrypt_hash(password: str = PASSWORD, *, cost: int = 4, prefix: str = "2b") -> str:
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    return f"${prefix}${made.removeprefix('$2b$')}"


def keycloak_credential(
    password: str = PASSWORD,
    *,
    algorithm: str = "pbkdf2-sha256",
    iterations: Any = 10,
    length: int = 64,
    **secret: Any,
) -> str:
    """One of `users[].credentials[]` in a realm's export."""
    name = {"pbkdf2": "sha1"}.get(algorithm, algorithm.removeprefix("pbkdf2-"))
    salt = b"sixteen bytes of"
    value = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations, length) if not secret else b""
    held = {
        "value": base64.b64encode(value).decode(),
        "salt": base64.b64encode(salt).decode(),
        "additionalParameters": {},
    }
    return json.dumps(
        {
            "id": "0f7c9a3e-7d3f-4f4e-8e0c-9f6f3d1c2b1a",
            "type": "password",
            "createdDate": 1_700_000_000_000,
            "secretData": json.dumps(held | secret),
            "credentialData": json.dumps(
                {"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": {}}
            ),
        }
    )


def salted_sha(password: str = PASSWORD, *, scheme: str = "SSHA", salt: bytes = b"seasalt8") -> str:
    name = f"sha{scheme.removeprefix('SSHA') or 1}"
    digest = hashlib.new(name, password.encode() + salt).digest()
    return f"{{{scheme}}}{base64.b64encode(digest + salt).decode()}"


Maker = Callable[..., str]
FOREIGN_HASHES: dict[str, Maker] = {
    "bcrypt": bcrypt_hash,
    "Keycloak PBKDF2": keycloak_credential,
    "LDAP SSHA": salted_sha,
}
