"""What is told of signing in."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import Metric

from apps.core.metrics import Counter, Figures, gauge
from apps.signin.models import Session

SIGNED_IN = "signed_in"
# The others are the reasons of a refusal, as in the log.
OUTCOMES = (
    SIGNED_IN,
    "unknown_identifier",
    "wrong_password",
    "locked",
    "address_locked",
    "not_active",
    "rate_limited",
)
SIGN_INS = Counter(
    "sign_ins",
    "Attempts to sign in, by how they ended.",
    ("outcome",),
    known=tuple((outcome,) for outcome in OUTCOMES),
)


def _sessions(now: datetime) -> Iterable[Metric]:
    live = Session.objects.live(now=now).count()
    yield gauge("sessions_live", "Single sign-on sessions that may be used.", live)


SESSIONS = Figures("sessions", _sessions)
