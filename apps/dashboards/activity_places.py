"""What is counted for the overview, and where an event counts."""

from datetime import UTC, datetime
from typing import NamedTuple

from apps.audit.ports import LoggedEvent
from apps.oauth.events import OAuthAction
from apps.signin.events import SignInAction

ACTIVITY_READER = "dashboards.activity"
QUARTER_SECONDS = 15 * 60
LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
REASON_LENGTH = 64
COUNTED = frozenset(
    {
        SignInAction.USER_SIGNED_IN.value,
        SignInAction.USER_SIGN_IN_REFUSED.value,
        OAuthAction.AUTHORIZATION_GRANTED.value,
    }
)


class Place(NamedTuple):
    action: str
    quarter: datetime
    reason: str
    client_id: str


def place_of(event: LoggedEvent) -> Place:
    is_refusal = event.action == SignInAction.USER_SIGN_IN_REFUSED
    is_grant = event.action == OAuthAction.AUTHORIZATION_GRANTED
    reason = event.details.get("reason") if is_refusal and isinstance(event.details, dict) else ""
    return Place(
        event.action,
        quarter_of(event.id.int >> 80),
        str(reason or "")[:REASON_LENGTH],
        event.client_id if is_grant else "",
    )


def quarter_of(milliseconds: int) -> datetime:
    """The start of the quarter of an hour, by the time in an event's id: the column beside it may hold anything."""
    seconds = min(milliseconds // 1000, LATEST)
    return datetime.fromtimestamp(seconds - seconds % QUARTER_SECONDS, tz=UTC)
