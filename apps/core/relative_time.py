"""How long ago something was, or how far ahead it is, in the words of the reader's language.

Django's own spans of time stand alone ("3 Tage"); after "ago" and "in" other languages decline them ("vor 3 Tagen").
"""

from datetime import datetime
from typing import Any

from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import npgettext_lazy

# Any: they are lazy, which the functions take and their types do not say.
AGO: dict[str, Any] = {
    "year": npgettext_lazy("time ago", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("time ago", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("time ago", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("time ago", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("time ago", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("time ago", "%(num)d minute", "%(num)d minutes", "num"),
}
AHEAD: dict[str, Any] = {
    "year": npgettext_lazy("time ahead", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("time ahead", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("time ahead", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("time ahead", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("time ahead", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("time ahead", "%(num)d minute", "%(num)d minutes", "num"),
}
JUST_NOW_SECONDS = 60


def relative_time(at: datetime, *, now: datetime) -> str:
    """`just now`, `3 days ago` or `in 2 hours`: the largest unit alone."""
    if abs((at - now).total_seconds()) < JUST_NOW_SECONDS:
        return _("just now")
    if at < now:
        return _("%(time)s ago") % {"time": timesince(at, now, time_strings=AGO, depth=1)}
    return _("in %(time)s") % {"time": timeuntil(at, now, time_strings=AHEAD, depth=1)}
