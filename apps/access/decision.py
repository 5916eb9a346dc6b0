"""What a decision about access is, without how it is reached."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    OPEN_TO_EVERYONE = "open_to_everyone"
    ROLE_HELD = "role_held"
    NO_ROLE = "no_role"
    APPLICATION_DISABLED = "application_disabled"
    PERSON_INACTIVE = "person_inactive"


@dataclass(frozen=True)
class Decision:
    """Whether somebody may use an application, why, and until when (None: no end in sight)."""

    is_allowed: bool
    reason: Reason
    until: datetime | None = None
