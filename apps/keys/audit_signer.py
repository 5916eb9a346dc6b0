"""The audit log's signer: this app's Ed25519 key behind the port that audit declares."""

from collections.abc import Mapping
from datetime import datetime

from jwcrypto.jwk import JWK

from apps.audit.ports import AuditSignature
from apps.core.encryption import EncryptionError
from apps.keys import key_material
from apps.keys.models import SigningKey
from apps.keys.selectors import active_key, private_key

AUDIT = SigningKey.Purpose.AUDIT


class KeyStoreSigner:
    def sign(self, message: bytes) -> AuditSignature:
        key = _active_key()
        value = key_material.sign_bytes(private_key(key.kid), message)
        return AuditSignature(key_id=key.kid, algorithm=key.algorithm, value=value)

    def key_id(self) -> str:
        return _active_key().kid

    def verify(self, message: bytes, signature: AuditSignature) -> bool:
        key = _own_key(signature.key_id)
        return key is not None and key_material.verify_bytes(key, message, signature.value)

    def public_key(self, key_id: str) -> bytes | None:
        key = _own_key(key_id)
        return key_material.public_bytes(key) if key is not None else None

    def given_up(self) -> Mapping[str, datetime]:
        given_up = SigningKey.objects.filter(purpose=AUDIT, compromised_at__isnull=False)
        return {kid: at for kid, at in given_up.values_list("kid", "compromised_at") if at is not None}


def _active_key() -> SigningKey:
    return active_key(purpose=AUDIT, algorithm=SigningKey.Algorithm.ED25519)


def _own_key(key_id: str) -> JWK | None:
    """Trusts a key only if its private half, or what retirement left of it, decrypts under the field key, which the
    database does not hold: whoever can write to the database alone cannot plant a key of their own and sign the log
    anew with it.
    """
    if not SigningKey.objects.filter(kid=key_id, purpose=AUDIT).exists():
        return None
    try:
        key = private_key(key_id)
    except EncryptionError:
        return None
    return key if key.thumbprint() == key_id else None
