"""What the overview shows, in a fixed number of queries that do not read the log but for its newest events."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Count, IntegerField, QuerySet, Sum, When
from django.db.models.fields.json import KT
from django.utils.timezone import get_current_timezone, localtime

from apps.audit.ports import AuditAction
from apps.audit.selectors import UUID7_TIME_SHIFT, none_if_unreadable, unread_events
from apps.core.ids import uuid7_floor
from apps.dashboards.activity_places import ACTIVITY_READER, COUNTED, quarter_of
from apps.dashboards.models import ActivityCount
from apps.directory.models import User
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client
from apps.signin.events import SignInAction
from apps.signin.models import Session

DAYS = 14
REASONS_SHOWN = 6
APPLICATIONS_SHOWN = 6
# So many events the page counts itself when its reader has not come to them.
UNCOUNTED_LIMIT = 2_000
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


@dataclass(frozen=True)
class RecentActivity:
    """`days` are the last DAYS, today last, also those on which nothing happened. `applications` are clients by the
    sign-ins that people made through them."""

    days: list[Day]
    reasons: list[Share]
    applications: list[Share]
    is_complete: bool
    """False while the reader that counts is far behind, or what it has not come to cannot be read."""


def recent_activity(*, now: datetime) -> RecentActivity:
    """What the reader of the log has counted, and the events that it has not come to yet."""
    newest = _uncounted(now)
    return RecentActivity(
        days=_sign_ins_by_day(newest or [], now=now),
        reasons=[
            Share(reason, reason or "unknown", number)
            for reason, number in _ranked(
                "reason", SignInAction.USER_SIGN_IN_REFUSED, newest or [], REASONS_SHOWN, now
            )
        ],
        applications=_named(
            _ranked("client_id", OAuthAction.AUTHORIZATION_GRANTED, newest or [], APPLICATIONS_SHOWN, now)
        ),
        is_complete=newest is not None,
    )


class Uncounted(NamedTuple):
    action: str
    key: UUID
    reason: str
    client_id: str


def _uncounted(now: datetime) -> list[Uncounted] | None:
    unread = unread_events(ACTIVITY_READER, limit=UNCOUNTED_LIMIT)
    if unread is None:
        return None
    recent = unread.filter(action__in=COUNTED, id__gte=uuid7_floor(_first_day(now)))
    rows = none_if_unreadable(recent.values_list("action", "pk", KT("details__reason"), "client_id"))
    return (
        None
        if rows is None
        else [Uncounted(action, key, reason or "", client) for action, key, reason, client in rows]
    )


def _sign_ins_by_day(newest: list[Uncounted], *, now: datetime) -> list[Day]:
    signed_in, refused = SignInAction.USER_SIGNED_IN.value, SignInAction.USER_SIGN_IN_REFUSED.value
    days = [(_first_day(now) + timedelta(days=number)).date() for number in range(DAYS)]
    after = [When(quarter__gte=_midnight(day), then=number) for number, day in enumerate(days)]
    rows = (
        _counts(now, signed_in, refused)
        .annotate(day=Case(*reversed(after), output_field=IntegerField()))
        .values_list("day", "action")
        .annotate(total=Sum("number"))
    )
    counts = Counter({(days[day], action): total for day, action, total in rows})
    counts.update((localtime(_at(event.key)).date(), event.action) for event in newest)
    return [Day(day, counts[day, signed_in], counts[day, refused]) for day in days]


def _ranked(
    column: str, action: AuditAction, newest: list[Uncounted], shown: int, now: datetime
) -> list[tuple[str, int]]:
    rows = _counts(now, action.value).values_list(column).annotate(total=Sum("number"))
    counts = Counter(dict(rows))
    counts.update(getattr(event, column) for event in newest if event.action == action.value)
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:shown]


def _counts(now: datetime, *actions: str) -> QuerySet[ActivityCount]:
    return ActivityCount.objects.filter(action__in=actions, quarter__gte=_first_day(now)).order_by()


def _at(key: UUID) -> datetime:
    return quarter_of(key.int >> UUID7_TIME_SHIFT)


def _named(rows: list[tuple[str, int]]) -> list[Share]:
    keys = [key for key, _number in rows if UUID_TEXT.match(key)]
    names = {str(key): name for key, name in Client.objects.filter(pk__in=keys).values_list("pk", "name")}
    return [Share(key, names.get(key, "deleted client"), number) for key, number in rows]


def live_sessions_now(*, now: datetime) -> LiveSessions:
    """Sessions of people who may still sign in; those of others end at their next use."""
    live = Session.objects.live(now=now).filter(user__status=User.Status.ACTIVE)
    counts = live.aggregate(sessions=Count("pk"), people=Count("user", distinct=True))
    return LiveSessions(counts["sessions"], counts["people"])


def locked_people(*, now: datetime) -> int:
    return User.objects.filter(locked_until__gt=now).count()
