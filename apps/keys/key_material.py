"""Making and parsing key pairs on jwcrypto; no database, no request.

Spec: RFC 7517, RFC 7638, RFC 8037, RFC 9864.
"""

from dataclasses import dataclass
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwcrypto.jwk import JWK

RSA_BITS = 2048
PARAMETERS: dict[str, dict[str, Any]] = {
    "RS256": {"kty": "RSA", "size": RSA_BITS},
    "PS256": {"kty": "RSA", "size": RSA_BITS},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "Ed25519": {"kty": "OKP", "crv": "Ed25519"},
}
# Names that tokens may carry, each with the algorithm of the key behind it. Ed25519 has an older, vaguer one.
KEY_BEHIND = {**{name: name for name in PARAMETERS}, "EdDSA": "Ed25519"}
# Published without a name: whoever is told one refuses tokens that carry the other.
TWO_NAMES = frozenset({"Ed25519"})


@dataclass(frozen=True)
class NewKey:
    kid: str
    private_jwk: str
    public_jwk: dict[str, str]


def generate(algorithm: str) -> NewKey:
    """A new pair; its kid is the RFC 7638 thumbprint of the public half."""
    key = JWK.generate(**PARAMETERS[algorithm])
    kid: str = key.thumbprint()
    public = {**key.export_public(as_dict=True), "use": "sig", "kid": kid}
    if algorithm not in TWO_NAMES:
        public["alg"] = algorithm
    return NewKey(kid=kid, private_jwk=key.export_private(), public_jwk=public)


def without_private_half(public_jwk: dict[str, str]) -> str:
    """What is kept of a private key that must never sign again. Encrypted in its place, it still proves that
    the public half was this installation's.
    """
    return parse(public_jwk).export_public()


def parse(jwk: str | dict[str, str]) -> JWK:
    return JWK.from_json(jwk) if isinstance(jwk, str) else JWK(**jwk)


def public_bytes(key: JWK) -> bytes:
    """The 32 bytes of an Ed25519 public key."""
    return cast("Ed25519PublicKey", key.get_op_key("verify")).public_bytes_raw()


def sign_bytes(key: JWK, message: bytes) -> bytes:
    """An Ed25519 signature over the message itself, outside any JWS."""
    return cast("Ed25519PrivateKey", key.get_op_key("sign")).sign(message)


def verify_bytes(key: JWK, message: bytes, signature: bytes) -> bool:
    try:
        cast("Ed25519PublicKey", key.get_op_key("verify")).verify(signature, message)
    except InvalidSignature:
        return False
    return True
