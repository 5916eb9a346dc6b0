"""Who of the demonstration can be signed in as, and as what: judged by how the accounts stand now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password

from apps.access.models import Application
from apps.access.selectors import decide_access
from apps.directory.models import User
from apps.transfer.acme import DEMO_ACCOUNTS, PASSWORD


@dataclass(frozen=True)
class Account:
    """Somebody whom the demonstration's password lets in, and what that shows."""

    username: str
    role: str


@dataclass(frozen=True)
class Withheld:
    """Somebody whom it does not let in, and why."""

    username: str
    reason: str


def demo_accounts(
    keys: Mapping[str, str], *, payroll: Application | None, now: datetime
) -> tuple[tuple[Account, ...], tuple[Withheld, ...]]:
    """`keys` are people's keys by the user names they had when they were made."""
    people = {str(user.pk): user for user in User.objects.filter(pk__in=keys.values())}
    accounts, withheld = [], []
    verdicts: dict[str, bool] = {}
    for name in DEMO_ACCOUNTS:
        user = people.get(keys.get(name, ""))
        reason = _obstacle(user, is_known=name in keys, verdicts=verdicts, now=now)
        if user is None or reason:
            withheld.append(Withheld(user.username if user else name, reason))
        else:
            accounts.append(Account(user.username, _role(user, payroll, now=now)))
    return tuple(accounts), tuple(withheld)


def _obstacle(user: User | None, *, is_known: bool, verdicts: dict[str, bool], now: datetime) -> str:
    """Why the person cannot sign in, or nothing. People share a hash: each is compared once."""
    if user is None:
        return "deleted" if is_known else "the name was taken before the demonstration was set up"
    if user.password not in verdicts:
        verdicts[user.password] = check_password(PASSWORD, user.password)
    if not verdicts[user.password]:
        return "the password was changed"
    if user.status != User.Status.ACTIVE:
        return str(user.get_status_display()).lower()
    if not user.may_sign_in(now=now):
        return "outside the start and end dates"
    return "locked for a while" if user.is_locked(now=now) else ""


def _role(user: User, payroll: Application | None, *, now: datetime) -> str:
    title = user.job_title or str(user)
    if user.is_staff:
        return f"{title}, {'administers everything' if user.is_superuser else 'may enter the administration'}"
    if payroll is None:
        return title
    may = "may" if decide_access(user=user, application=payroll, now=now).is_allowed else "may not"
    return f"{title}, {may} open {payroll.name}"
