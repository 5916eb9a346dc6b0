"""How often credentials may be submitted, whatever becomes of them. Whoever is over the limit is not even tried."""

from datetime import datetime

from django.db import transaction

from apps.audit.ports import ANONYMOUS, Outcome
from apps.audit.services.record import record_event
from apps.core.origin import network_of
from apps.core.rate_limits import RateLimit, Standing, charge, rate_limit
from apps.signin.events import SignInAction
from apps.signin.metrics import SIGN_INS
from apps.signin.services.password_sign_in import Credentials, Refusal

PER_IDENTIFIER = rate_limit("sign-in")
PER_ADDRESS = rate_limit("sign-in-address")


def charge_submission(credentials: Credentials, *, now: datetime) -> Standing | None:
    """The limit that was reached, or None. Of a block only the beginning is an event: a flood must not fill the log."""
    network = network_of(credentials.origin.ip)
    for limit, subject in (
        (PER_IDENTIFIER, f"{network}\n{credentials.identifier.strip().casefold()}"),
        (PER_ADDRESS, network),
    ):
        found = charge(limit, subject, now=now)
        if not found.is_allowed:
            SIGN_INS.count(Refusal.RATE_LIMITED.value)
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
