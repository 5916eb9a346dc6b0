"""How often credentials may be submitted, whatever becomes of them. Whoever is over the limit is not even tried."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.ports import ANONYMOUS, Outcome
from apps.audit.services.record import record_event
from apps.core.rate_limits import RateLimit, Standing, charge
from apps.signin.events import SignInAction
from apps.signin.services.password_sign_in import Credentials, Refusal

PER_IDENTIFIER = RateLimit("sign-in", quota=10, window=timedelta(minutes=1), block=timedelta(minutes=5))
# An office behind one address signs in at nine o'clock.
PER_ADDRESS = RateLimit("sign-in-address", quota=120, window=timedelta(minutes=1), block=timedelta(minutes=5))


def charge_submission(credentials: Credentials, *, now: datetime) -> Standing | None:
    """The limit that was reached, or None. Of a block only the beginning is an event: a flood must not fill the log."""
    address = credentials.origin.ip or ""
    for limit, subject in (
        (PER_IDENTIFIER, f"{address}\n{credentials.identifier.strip().casefold()}"),
        (PER_ADDRESS, address),
    ):
        found = charge(limit, subject, now=now)
        if not found.is_allowed:
            if found.has_begun:
                _record(credentials, limit, now=now)
            return found
    return None


@transaction.atomic
def _record(credentials: Credentials, limit: RateLimit, *, now: datetime) -> None:
    record_event(
        action=SignInAction.USER_SIGN_IN_REFUSED,
        outcome=Outcome.REFUSED,
        actor=ANONYMOUS,
        origin=credentials.origin,
        now=now,
        details={"reason": Refusal.RATE_LIMITED.value, "limit": limit.name},
    )
