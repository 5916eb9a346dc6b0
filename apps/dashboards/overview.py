"""The first page of the administration."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.selectors import log_status
from apps.dashboards.charts import DONE, REFUSED, Series, stacked_bars
from apps.dashboards.selectors import (
    DAYS,
    Day,
    Share,
    live_sessions_now,
    locked_people,
    recent_activity,
)
from apps.oauth.events import OAuthAction
from apps.signin.events import SignInAction

WINDOW = f"{DAYS}d"
REASONS: dict[str, Any] = {
    "unknown_identifier": gettext_lazy("unknown user name"),
    "wrong_password": gettext_lazy("wrong password"),
    "locked": gettext_lazy("account locked"),
    "address_locked": gettext_lazy("address locked"),
    "not_active": gettext_lazy("may not sign in now"),
    "rate_limited": gettext_lazy("too many tries in a short time"),
}


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by django-unfold with the index page's context."""
    context["title"] = _("Overview")
    if not request.user.has_perm("audit.view_auditevent"):
        # What the sidebar offers them, as a page.
        groups = [group for group in context["sidebar_navigation"] if group.get("title")]
        shown = [
            {"title": g["title"], "entries": [i for i in g["items"] if i["has_permission"]]} for g in groups
        ]
        return {**context, "sections": [group for group in shown if group["entries"]]}
    now = timezone.now()
    activity = recent_activity(now=now)
    days, reasons, applications = activity.days, activity.reasons, activity.applications
    return {
        **context,
        "sees_log": True,
        "window_days": DAYS,
        "is_complete": activity.is_complete,
        "cards": _cards(days, now),
        "sign_ins": _sign_in_chart(days),
        "reasons": _ranking(
            reasons,
            title=_reason_title(reasons),
            names=REASONS,
            link=lambda share: log_link(action=SignInAction.USER_SIGN_IN_REFUSED.value, when=WINDOW),
        ),
        "applications": _ranking(
            applications,
            title=_application_title(applications),
            names={},
            link=lambda share: log_link(
                action=OAuthAction.AUTHORIZATION_GRANTED.value, when=WINDOW, client_id=share.key
            ),
        ),
        "log": log_status(),
    }


def log_link(**filters: str) -> str:
    return f"{reverse('admin:audit_auditevent_changelist')}?{urlencode(filters)}"


def _cards(days: list[Day], now: Any) -> list[dict[str, Any]]:
    today, live, locked = days[-1], live_sessions_now(now=now), locked_people(now=now)
    day = today.day.isoformat()
    return [
        {
            "title": _("Signed in today"),
            "value": today.signed_in,
            "note": _("%(count)d yesterday") % {"count": days[-2].signed_in},
            "link": log_link(action=SignInAction.USER_SIGNED_IN.value, when=day),
        },
        {
            "title": _("Refused today"),
            "value": today.refused,
            "note": _("%(count)d yesterday") % {"count": days[-2].refused},
            "link": log_link(action=SignInAction.USER_SIGN_IN_REFUSED.value, when=day),
        },
        {
            "title": _("Sessions live now"),
            "value": live.sessions,
            "note": ngettext("of %(count)d person", "of %(count)d people", live.people)
            % {"count": live.people},
            "link": f"{reverse('admin:signin_session_changelist')}?state=live",
        },
        {
            "title": _("Locked accounts"),
            "value": locked,
            "note": _("after too many wrong passwords") if locked else _("nobody is kept out"),
            "link": f"{reverse('admin:directory_user_changelist')}?locked=yes",
        },
    ]


def _sign_in_chart(days: list[Day]) -> dict[str, Any]:
    labels = [date_format(day.day, "DAY_FORMAT") for day in days]
    rows = [
        {
            "day": date_format(day.day, "WEEKDAY_FORMAT"),
            "signed_in": day.signed_in,
            "refused": day.refused,
            "link": log_link(when=day.day.isoformat()),
            "signed_in_link": _rows_of(SignInAction.USER_SIGNED_IN, day),
            "refused_link": _rows_of(SignInAction.USER_SIGN_IN_REFUSED, day),
        }
        for day in reversed(days)
    ]
    chart = stacked_bars(
        labels,
        [
            Series(
                _("Signed in"),
                DONE,
                [day.signed_in for day in days],
                [_rows_of(SignInAction.USER_SIGNED_IN, day) for day in days],
            ),
            Series(
                _("Refused"),
                REFUSED,
                [day.refused for day in days],
                [_rows_of(SignInAction.USER_SIGN_IN_REFUSED, day) for day in days],
            ),
        ],
        x_title=_("Day"),
        y_title=_("Sign-in attempts"),
    )
    return {"title": _sign_in_title(days), "chart": chart, "rows": rows, "is_empty": not _attempts(days)}


def _rows_of(action: SignInAction, day: Day) -> str:
    return log_link(action=action.value, when=day.day.isoformat())


def _attempts(days: list[Day]) -> int:
    return sum(day.signed_in + day.refused for day in days)


def _sign_in_title(days: list[Day]) -> str:
    total = _attempts(days)
    if not total:
        return _("Nobody has tried to sign in for %(days)d days") % {"days": len(days)}
    refused = sum(day.refused for day in days)
    share = round(100 * refused / total)
    count = ngettext("%(count)d sign-in attempt", "%(count)d sign-in attempts", total) % {"count": total}
    if not refused:
        return _("%(attempts)s in %(days)d days, none refused") % {"attempts": count, "days": len(days)}
    shown = {"attempts": count, "days": len(days), "share": max(share, 1)}
    return _("%(attempts)s in %(days)d days, %(share)d%% refused") % shown


def _reason_title(reasons: list[Share]) -> str:
    if not reasons:
        return _("No refused sign-ins")
    name = REASONS.get(reasons[0].name, reasons[0].name)
    return _("Most refused: %(reason)s") % {"reason": name}


def _application_title(applications: list[Share]) -> str:
    if not applications:
        return _("No application has been used")
    return _("Most used: %(application)s") % {"application": applications[0].name}


def _ranking(shares: list[Share], *, title: str, names: dict[str, Any], link: Any) -> dict[str, Any]:
    most = max((share.count for share in shares), default=1)
    rows = [
        {
            "name": capfirst(names[share.name]) if share.name in names else share.name,
            "count": share.count,
            "percent": round(100 * share.count / most),
            "link": link(share),
        }
        for share in shares
    ]
    return {"title": title, "rows": rows}
