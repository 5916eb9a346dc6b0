"""How the administration shows a state and a moment, alike in lists, on pages and in inlines."""

from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.audit.shown_rows import Unreadable
from apps.core.relative_time import relative_time
from apps.core.sensible_dates import local

GOOD, BAD, WARNING, COMING, PLAIN = "success", "danger", "warning", "info", ""
NOTHING = "\u2013"


def badge(text: object, colour: str = PLAIN) -> SafeString:
    """A state in words; the colour only repeats it."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def unreadable(value: Unreadable) -> SafeString:
    """What was put there past the program, told apart from everything that the program writes."""
    words = _("Unreadable: %(value)s") % {"value": value}
    return format_html('<span class="status-bad">{}</span>', words)


def shown(value: Any) -> Any:
    return unreadable(value) if isinstance(value, Unreadable) else value


def moment(at: datetime | Unreadable | None) -> SafeString:
    """How long ago, or how far ahead, with the exact time on hover."""
    if at is None:
        return SafeString(NOTHING)
    if isinstance(at, Unreadable):
        return unreadable(at)
    shown, words = local(at), relative_time(at, now=timezone.now())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', shown.isoformat(), f"{shown:%Y-%m-%d %H:%M:%S %Z}", words
    )


def clock(at: datetime) -> str:
    """The time of the day, with the date when it is another day."""
    there = timezone.localtime(at)
    is_today = there.date() == timezone.localtime().date()
    return f"{there:%H:%M}" if is_today else date_format(there, "DATETIME_FORMAT")


def moment_exact(at: datetime | Unreadable) -> str:
    return unreadable(at) if isinstance(at, Unreadable) else f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"
