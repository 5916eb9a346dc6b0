"""Reading ID tokens as a relying party does, and forging them as an attacker does."""

import base64
import json
from typing import Any

from django.test import Client as Browser
from joserfc import jws
from joserfc.jwk import KeySet

from apps.keys.key_material import KEY_BEHIND


def read_id_token(machine: Browser, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, the signature checked with the published keys by another library than ours."""
    keys = KeySet.import_key_set(machine.get("/.well-known/jwks.json").json())
    parsed = jws.deserialize_compact(token, keys, algorithms=list(KEY_BEHIND))
    return dict(parsed.headers()), json.loads(parsed.payload)


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
