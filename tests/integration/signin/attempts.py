"""Sign-in attempts and what the log says of them, for the tests of signing in."""

import re
from datetime import UTC, datetime
from typing import Any

from apps.audit.models import AuditEvent
from apps.core.origin import Origin
from apps.directory.models import User
from apps.signin.services.password_sign_in import Credentials, PasswordCheck, check_credentials
from tests.factories.people import PASSWORD

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADDRESS = "192.0.2.1"
CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def attempt(
    user: User | str,
    password: str = PASSWORD,
    *,
    now: datetime = NOW,
    browser: str = "strange browser",
    address: str = ADDRESS,
) -> PasswordCheck:
    return check_credentials(
        credentials=Credentials(
            identifier=user if isinstance(user, str) else user.username,
            password=password,
            browser_token=browser,
            origin=Origin(ip=address, user_agent="", request_id=""),
        ),
        now=now,
    )


def fail(user: User | str, times: int, **how: Any) -> None:
    for _ in range(times):
        attempt(user, "wrong", **how)


def refusal_reasons() -> list[str]:
    """Why sign-ins were refused, oldest first."""
    refused = AuditEvent.objects.filter(action="user.sign_in_refused").order_by("id")
    return [event.details["reason"] for event in refused]


def page_without_token(answer: Any) -> str:
    return CSRF_TOKEN.sub("", answer.content.decode())
