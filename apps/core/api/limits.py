"""How often one caller may call."""

from datetime import datetime

from apps.core.api.caller import Caller
from apps.core.rate_limits import Standing, charge, rate_limit

CALLS = rate_limit("api")


def charge_call(caller: Caller, *, now: datetime) -> Standing:
    """Each person and each client has a count of their own, however many tokens they hold."""
    return charge(CALLS, f"{caller.actor.kind}:{caller.actor.id}", now=now)
