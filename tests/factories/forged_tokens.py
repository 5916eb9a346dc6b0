"""Everything that was ever done to a JWT to make somebody believe it."""

import hashlib
import hmac
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from apps.keys.key_material import parse
from apps.keys.models import SigningKey
from tests.factories.id_tokens import decode, encode


def forgeries(token: str) -> dict[str, str]:
    """By name. `token` is one that we signed with RS256."""
    head, body, signature = token.split(".")
    header, claims = decode(head), decode(body)
    stranger = RSAKey.generate_key(2048)
    published = SigningKey.objects.get(kid=header["kid"]).public_jwk
    public_pem = parse(published).export_to_pem()
    es_kid = SigningKey.objects.get(algorithm="ES256").kid
    audit_kid = SigningKey.objects.get(purpose="audit").kid
    ed_kid = SigningKey.objects.get(algorithm="Ed25519", purpose="tokens").kid

    nested = b'{"a":' * 2_000 + b"1" + b"}" * 2_000

    def signed(key: Any, **changes: Any) -> str:
        new = {name: value for name, value in (header | changes).items() if value is not None}
        protected = encode(new)
        material = f"{protected}.{body}".encode()
        return f"{protected}.{body}.{encode(_sign(key, material))}"

    return {
        "alg none": f"{encode(header | {'alg': 'none'})}.{body}.",
        "alg None with signature": f"{encode(header | {'alg': 'None'})}.{body}.{signature}",
        "alg nOnE": f"{encode(header | {'alg': 'nOnE'})}.{body}.",
        "signature removed": f"{head}.{body}.",
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "signature of zeros": f"{head}.{body}.{encode(bytes(256))}",
        "payload changed": f"{head}.{encode(claims | {'sub': 'somebody else'})}.{signature}",
        "HMAC with the public key as PEM": signed(public_pem, alg="HS256"),
        "HMAC with the public key as JWK": signed(encode(published).encode(), alg="HS256"),
        "HMAC with an empty key": signed(b"", alg="HS256"),
        "HMAC with the kid": signed(header["kid"].encode(), alg="HS256"),
        "stranger's key under our kid": signed(stranger),
        "stranger's key without kid": signed(stranger, kid=None),
        "stranger's key in the header": signed(stranger, jwk=stranger.as_dict(private=False)),
        "stranger's key alone in the header": signed(stranger, kid=None, jwk=stranger.as_dict(private=False)),
        "stranger's key by address": signed(stranger, jku="https://evil.example/jwks.json"),
        "stranger's certificate by address": signed(stranger, x5u="https://evil.example/cert.pem"),
        "stranger's certificate": signed(stranger, x5c=["MIIB"]),
        "unknown kid": signed(stranger, kid="unknown"),
        "kid as path": signed(b"", alg="HS256", kid="../../../../dev/null"),
        "kid as SQL": signed(stranger, kid="x' UNION SELECT 'key' --"),
        "kid with NUL": signed(stranger, kid="a\x00b"),
        "kid with lone surrogate": signed(stranger, kid="\ud800"),
        "kid as list": signed(stranger, kid=[header["kid"]]),
        "kid as object": signed(stranger, kid={"a": 1}),
        "kid of the other algorithm": signed(stranger, kid=es_kid),
        "kid of the audit key": signed(stranger, kid=audit_kid),
        "other algorithm": signed(ECKey.generate_key("P-256"), alg="ES256"),
        "alg PS256": signed(stranger, alg="PS256"),
        "alg EdDSA under the RSA key": signed(OKPKey.generate_key("Ed25519"), alg="EdDSA"),
        "stranger's key under our EdDSA kid": signed(OKPKey.generate_key("Ed25519"), alg="EdDSA", kid=ed_kid),
        "stranger's key under our Ed25519 kid": signed(
            OKPKey.generate_key("Ed25519"), alg="Ed25519", kid=ed_kid
        ),
        "Ed448 under our Ed25519 kid": signed(OKPKey.generate_key("Ed25519"), alg="Ed448", kid=ed_kid),
        "alg as list": signed(stranger, alg=["RS256"]),
        "critical extension": signed(stranger, crit=["exp"], exp=1),
        "unencoded payload": signed(stranger, b64=False, crit=["b64"]),
        "other typ": signed(stranger, typ="at+jwt"),
        "typ as number": signed(stranger, typ=1),
        "header is a list": f"{encode([1])}.{body}.{signature}",
        "header is deeply nested": f"{encode(b'[' * 5_000)}.{body}.{signature}",
        "header nests an object deeply": f"{encode(nested)}.{body}.{signature}",
        "header is no JSON": f"{encode(b'x')}.{body}.{signature}",
        "header is not UTF-8": f"{encode(bytes([255, 254]))}.{body}.{signature}",
        "JSON form": f'{{"protected":"{head}","payload":"{body}","signature":"{signature}"}}',
        "JSON form with header": (
            f'{{"protected":"{head}","header":{{}},"payload":"{body}","signature":"{signature}"}}'
        ),
        "JSON, deeply nested": "[" * 10_000,
        "five parts": f"{head}.{body}.{signature}.{signature}.{signature}",
        "four parts": f"{token}.{signature}",
        "two parts": f"{head}.{body}",
        "padded": f"{token}=",
        "spaced": f" {token}",
        "line break": f"{token}\n",
        "not base64": f"{head}.{body}.{signature[:-1]}*",
        "standard base64": f"{head}.{body}.{'/+' * 171}",
        "dots": "..",
        "words": "not a token",
        "unicode": "é.é.é",
        "long": "a" * 20_000,
        "long parts": f"{'a' * 15_000}.b.c",
    }


def _sign(key: Any, material: bytes) -> bytes:
    if isinstance(key, bytes):
        return hmac.new(key, material, hashlib.sha256).digest()
    algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]
    model = jws.JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
    return model.sign(material, key)
