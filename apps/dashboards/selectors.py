"""What the overview shows: counted by the database, from the index on action and id, in a fixed number of queries."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Case, Count, IntegerField, QuerySet, When
from django.db.models.fields.json import KT
from django.utils.timezone import get_current_timezone, localtime

from apps.audit.models import AuditEvent
from apps.audit.selectors import none_if_unreadable
from apps.core.ids import uuid7_floor
from apps.directory.models import User
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client
from apps.signin.events import SignInAction
from apps.signin.models import Session

DAYS = 14
REASONS_SHOWN = 6
APPLICATIONS_SHOWN = 6
# The log holds ids as text, and may hold what somebody put there.
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(frozen=True)
class Day:
    day: date
    signed_in: int
    refused: int


@dataclass(frozen=True)
class Share:
    """One line of a ranking; `key` finds its rows again."""

    key: str
    name: str
    count: int


@dataclass(frozen=True)
class LiveSessions:
    sessions: int
    people: int


def _first_day(now: datetime) -> datetime:
    midnight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=get_current_timezone())


def _recent(now: datetime, *actions: str) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(action__in=actions, id__gte=uuid7_floor(_first_day(now))).order_by()


def sign_ins_by_day(*, now: datetime) -> list[Day]:
    """Every one of the last DAYS days, today last, also those on which nothing happened."""
    signed_in, refused = SignInAction.USER_SIGNED_IN.value, SignInAction.USER_SIGN_IN_REFUSED.value
    days = [(_first_day(now) + timedelta(days=number)).date() for number in range(DAYS)]
    # By the time in the id, as the list behind each bar: the column beside it may hold anything.
    after = [When(pk__gte=uuid7_floor(_midnight(day)), then=number) for number, day in enumerate(days)]
    rows = (
        _recent(now, signed_in, refused)
        .annotate(day=Case(*reversed(after), output_field=IntegerField()))
        .values_list("day", "action")
        .annotate(number=Count("pk"))
    )
    counts = Counter({(days[day], action): number for day, action, number in rows})
    return [Day(day, counts[day, signed_in], counts[day, refused]) for day in days]


def refusals_by_reason(*, now: datetime) -> list[Share] | None:
    """None when an event among them cannot be read."""
    rows = (
        _recent(now, SignInAction.USER_SIGN_IN_REFUSED.value)
        .values(reason=KT("details__reason"))
        .annotate(number=Count("pk"))
        .order_by("-number", "reason")[:REASONS_SHOWN]
    )
    found = none_if_unreadable(rows)
    if found is None:
        return None
    return [Share(row["reason"] or "", row["reason"] or "unknown", row["number"]) for row in found]


def applications_by_use(*, now: datetime) -> list[Share] | None:
    """Clients by the sign-ins that people made through them; None when an event among them cannot be read."""
    found = (
        _recent(now, OAuthAction.AUTHORIZATION_GRANTED.value)
        .values_list("client_id")
        .annotate(number=Count("pk"))
        .order_by("-number", "client_id")[:APPLICATIONS_SHOWN]
    )
    rows = none_if_unreadable(found)
    if rows is None:
        return None
    keys = [key for key, _number in rows if isinstance(key, str) and UUID_TEXT.match(key)]
    names = {str(key): name for key, name in Client.objects.filter(pk__in=keys).values_list("pk", "name")}
    return [Share(key, names.get(key, "deleted client"), number) for key, number in rows]


def live_sessions_now(*, now: datetime) -> LiveSessions:
    """Sessions of people who may still sign in; those of others end at their next use."""
    live = Session.objects.live(now=now).filter(user__status=User.Status.ACTIVE)
    counts = live.aggregate(sessions=Count("pk"), people=Count("user", distinct=True))
    return LiveSessions(counts["sessions"], counts["people"])


def locked_people(*, now: datetime) -> int:
    return User.objects.filter(locked_until__gt=now).count()
