"""The Bearer scheme of the Authorization header. Spec: RFC 6750 §2.1, §3."""

import re
from collections.abc import Mapping

BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
REALM = "gatehouse"


def bearer_in_header(header: str) -> str | None:
    """The token; None where there is none, as credentials of another scheme are as good as none; "" if malformed."""
    if header.partition(" ")[0].lower() != "bearer":
        return None
    match = BEARER.fullmatch(header)
    return match.group(1) if match else ""


def bearer_challenge(parameters: Mapping[str, str]) -> str:
    """The value of WWW-Authenticate; parameters that are empty are left out."""
    shown = {"realm": REALM, **parameters}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in shown.items() if value)
