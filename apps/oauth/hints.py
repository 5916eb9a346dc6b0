"""ID tokens that come back as hints. Spec: OIDC Core §3.1.2.1, RP-Initiated Logout §2."""

from dataclasses import dataclass

from django.conf import settings

from apps.keys.services.tokens import read_own_jwt
from apps.oauth.id_tokens import TYP


@dataclass(frozen=True)
class Hint:
    subject: str
    client_id: str
    session_id: str


def read_hint(id_token: str) -> Hint | None:
    """What an ID token of ours says, expired or not; nothing when we did not sign it."""
    claims = read_own_jwt(id_token, typ=TYP)
    if claims is None or claims.get("iss") != settings.BASE_URL:
        return None
    return Hint(
        subject=str(claims.get("sub", "")),
        client_id=str(claims.get("aud", "")),
        session_id=str(claims.get("sid", "")),
    )


def hinted_subject(id_token: str) -> str:
    hint = read_hint(id_token)
    return hint.subject if hint else ""
