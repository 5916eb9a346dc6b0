"""What administrators do to assignments beside changing them."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy, ngettext

from apps.access.admin_losses import losses
from apps.access.models import Assignment
from apps.access.services.assignments import end_assignment
from apps.audit.admin_audit import By, ObjectAction


def _in_force(assignments: QuerySet[Assignment], now: datetime) -> QuerySet[Assignment]:
    unended = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    return assignments.filter(unended, valid_from__lt=now)


def _ending(assignments: QuerySet[Assignment], now: datetime) -> str:
    ending = _in_force(assignments, now)
    count = ending.count()
    if not count:
        return ""
    what = ngettext(
        "Ends %(count)d assignment now; it stays on record.",
        "Ends %(count)d assignments now; they stay on record.",
        count,
    ) % {"count": count}
    others = assignments.count() - count
    left = ngettext(
        "%(count)d that is not in force is left as it is.",
        "%(count)d that are not in force are left as they are.",
        others,
    ) % {"count": others}
    return " ".join([what, *losses(ending, now), *([left] if others else [])])


def _end(assignments: QuerySet[Assignment], own: By) -> str:
    count = sum(
        end_assignment(
            assignment=assignment, reason=own.reason, actor=own.actor, origin=own.origin, now=own.now
        )
        for assignment in list(_in_force(assignments, own.now))
    )
    return ngettext("Ended %(count)d assignment.", "Ended %(count)d assignments.", count) % {"count": count}


END_NOW = ObjectAction(
    "end",
    gettext_lazy("End now"),
    "event_busy",
    "access.change_assignment",
    _ending,
    _end,
    is_dangerous=True,
    asks_reason=True,
)
