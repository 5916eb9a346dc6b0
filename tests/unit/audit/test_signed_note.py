import base64
import hashlib
from datetime import datetime

import pytest

from apps.audit.errors import LogDoesNotVerify
from apps.audit.ports import AuditSignature
from apps.audit.signed_note import public_jwk, signed_note, verifier_key

# The Ed25519 key and the note of the description of signed notes (C2SP, and Go's package note).
VERIFIER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
NOTE = (
    TEXT.decode()
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)


class OneKey:
    value = base64.b64decode(VERIFIER_KEY.split("+", 2)[2])[1:]

    def sign(self, message: bytes) -> AuditSignature:
        raise NotImplementedError

    def verify(self, message: bytes, signature: AuditSignature) -> bool:
        raise NotImplementedError

    def key_id(self) -> str:
        return "peter"

    def public_key(self, key_id: str) -> bytes | None:
        return self.value if key_id == "peter" else None

    def given_up(self) -> dict[str, datetime]:
        raise NotImplementedError


def test_note_and_key_are_those_of_the_published_example() -> None:
    signature = base64.b64decode(NOTE.split()[-1])[4:]
    signed = AuditSignature(key_id="peter", algorithm="Ed25519", value=signature)
    assert signed_note(TEXT, signed, name="PeterNeumann", signer=OneKey()) == NOTE
    assert verifier_key("peter", name="PeterNeumann", signer=OneKey()) == VERIFIER_KEY


@pytest.mark.spec("RFC 8037", "2")
def test_public_key_is_given_as_jwk() -> None:
    jwk = public_jwk("peter", signer=OneKey())
    assert (jwk["kty"], jwk["crv"], jwk["kid"]) == ("OKP", "Ed25519", "peter")
    assert base64.urlsafe_b64decode(jwk["x"] + "=") == OneKey.value


def test_key_of_somebody_else_signs_no_note() -> None:
    signed = AuditSignature(key_id="paul", algorithm="Ed25519", value=hashlib.sha512(b"").digest())
    with pytest.raises(LogDoesNotVerify, match="paul"):
        signed_note(TEXT, signed, name="PeterNeumann", signer=OneKey())
