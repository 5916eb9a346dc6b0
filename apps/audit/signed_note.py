"""What is signed, as a file for others: the text, an empty line, and the signature with the name of its key.

The form is the signed note of transparency logs (C2SP signed-note), so that their tools read it as well:

    id.example.com/audit
    4711
    q1m…=
    number 12
    previous 3Ef…=
    sealed-at 2026-11-23T13:29:00.123456Z

    — id.example.com/audit hT6…=

The last word is base64 of four bytes, which name the key, and the signature.
"""

import base64
import hashlib
from collections.abc import Mapping

from apps.audit.checkpoint_rows import checkpoint_of, signature_of
from apps.audit.errors import LogDoesNotVerify
from apps.audit.models import SealBatch
from apps.audit.ports import AuditSignature, Signer

ED25519 = b"\x01"
KEY_HASH_BYTES = 4


def checkpoint_note(batch: SealBatch, *, signer: Signer) -> str:
    """Raises: LogDoesNotVerify when its key is none of this installation."""
    return signed_note(
        checkpoint_of(batch).signed_text(), signature_of(batch), name=batch.origin, signer=signer
    )


def signed_note(text: bytes, signature: AuditSignature, *, name: str, signer: Signer) -> str:
    """`text` ends in a line feed. Raises: LogDoesNotVerify."""
    key_hash = _key_hash(name, public_key(signature.key_id, signer=signer))
    value = base64.b64encode(key_hash + signature.value).decode()
    return f"{text.decode()}\n\N{EM DASH} {name} {value}\n"


def verifier_key(key_id: str, *, name: str, signer: Signer) -> str:
    """The public key in the form that tools for signed notes take. Raises: LogDoesNotVerify."""
    key = public_key(key_id, signer=signer)
    return f"{name}+{_key_hash(name, key).hex()}+{base64.b64encode(ED25519 + key).decode()}"


def public_jwk(key_id: str, *, signer: Signer) -> Mapping[str, str]:
    """Spec: RFC 8037 §2. Raises: LogDoesNotVerify."""
    x = base64.urlsafe_b64encode(public_key(key_id, signer=signer)).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "use": "sig", "alg": "Ed25519"}


def public_key(key_id: str, *, signer: Signer) -> bytes:
    key = signer.public_key(key_id)
    if key is None:
        raise LogDoesNotVerify(f"key {key_id} is none of this installation")
    return key


def _key_hash(name: str, key: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + ED25519 + key).digest()[:KEY_HASH_BYTES]
