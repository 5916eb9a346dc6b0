import base64
import json

import pytest

from apps.keys import key_material

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
pytestmark = pytest.mark.spec("RFC 7517", "4")


@pytest.mark.parametrize("algorithm", key_material.PARAMETERS)
def test_public_half_holds_nothing_private_and_says_what_it_is_for(algorithm: str) -> None:
    key = key_material.generate(algorithm)
    assert not PRIVATE_MEMBERS & set(key.public_jwk)
    assert key.public_jwk["use"] == "sig"
    assert key.public_jwk.get("alg") == (None if algorithm == "Ed25519" else algorithm)
    assert key.public_jwk["kid"] == key.kid
    assert "d" in json.loads(key.private_jwk)


@pytest.mark.spec("RFC 7638", "3")
@pytest.mark.parametrize("algorithm", key_material.PARAMETERS)
def test_key_id_is_the_thumbprint_and_no_two_are_alike(algorithm: str) -> None:
    keys = [key_material.generate(algorithm) for _ in range(2)]
    assert len({key.kid for key in keys}) == 2
    for key in keys:
        assert key.kid == key_material.parse(key.public_jwk).thumbprint()
        assert key.kid == key_material.parse(key.private_jwk).thumbprint()


@pytest.mark.spec("RFC 7518", "3.3")
def test_rsa_keys_are_long_enough() -> None:
    modulus = key_material.generate("RS256").public_jwk["n"]
    assert len(base64.urlsafe_b64decode(modulus + "==")) * 8 >= 2048


@pytest.mark.spec("RFC 8032", "5.1")
def test_signature_holds_for_its_key_and_message_only() -> None:
    key, other = (key_material.parse(key_material.generate("Ed25519").private_jwk) for _ in range(2))
    signature = key_material.sign_bytes(key, b"message")
    assert key_material.verify_bytes(key, b"message", signature)
    assert not key_material.verify_bytes(key, b"messagf", signature)
    assert not key_material.verify_bytes(other, b"message", signature)
    for changed in (b"", signature[:-1], signature + b"\0", bytes(64)):
        assert not key_material.verify_bytes(key, b"message", changed)
