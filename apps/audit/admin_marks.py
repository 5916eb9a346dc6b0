"""How the administration shows a state and a moment, alike in lists, on pages and in inlines."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from apps.core.sensible_dates import local

GOOD, BAD, WARNING, COMING, PLAIN = "success", "danger", "warning", "info", ""
NOTHING = "\u2013"
JUST_NOW_SECONDS = 60


def badge(text: object, colour: str = PLAIN) -> SafeString:
    """A state in words; the colour only repeats it."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def moment(at: datetime | None) -> SafeString:
    """How long ago, or how far ahead, with the exact time on hover."""
    if at is None:
        return SafeString(NOTHING)
    shown, now = local(at), timezone.now()
    if abs((at - now).total_seconds()) < JUST_NOW_SECONDS:
        words = _("just now")
    elif at < now:
        words = _("%(time)s ago") % {"time": timesince(at, now, depth=1)}
    else:
        words = _("in %(time)s") % {"time": timeuntil(at, now, depth=1)}
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', shown.isoformat(), f"{shown:%Y-%m-%d %H:%M:%S %Z}", words
    )
