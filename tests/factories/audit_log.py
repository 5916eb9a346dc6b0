"""A long log, written faster than things happen."""

import secrets
from datetime import datetime, timedelta

from apps.audit.canonical import Json, personal_commitment
from apps.audit.constants import SALT_BYTES
from apps.audit.models import AuditEvent
from apps.audit.ports import Outcome
from apps.core.ids import uuid7
from apps.oauth.events import OAuthAction

AT_A_TIME = 1000
CLIENT_ID = "0192f3a0-0000-7000-8000-0000000c11e7"
DETAILS: Json = {
    "grant_type": "refresh_token",
    "scope": "openid profile email",
    "expires_in": 3600,
    "has_refresh_token": True,
}
PERSONAL: Json = {
    "actor_label": "Expenses",
    "target_label": "alice@example.org",
    "ip": "192.0.2.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
}


def write_events(count: int, *, start: datetime, step: timedelta) -> None:
    """Tokens issued, one each `step`, as `record_event` would have written them."""
    for first in range(0, count, AT_A_TIME):
        numbers = range(first, min(first + AT_A_TIME, count))
        AuditEvent.objects.bulk_create(_token_issued(start + number * step) for number in numbers)


def _token_issued(at: datetime) -> AuditEvent:
    salt = secrets.token_bytes(SALT_BYTES)
    return AuditEvent(
        id=uuid7(at),
        occurred_at=at,
        action=OAuthAction.TOKEN_ISSUED.value,
        outcome=Outcome.SUCCESS.value,
        actor_kind="client",
        actor_id=CLIENT_ID,
        target_kind="user",
        target_id="0192f3a0-0000-7000-8000-00000000a11c",
        client_id=CLIENT_ID,
        request_id="0192f3a0-0000-7000-8000-000000004e9d",
        details=DETAILS,
        personal=PERSONAL,
        salt=salt,
        commitment=personal_commitment(salt=salt, personal=PERSONAL),
    )
