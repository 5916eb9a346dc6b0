"""`{{ at|relative_time }}`: how long ago, or how far ahead."""

from datetime import datetime

from django.template import Library
from django.utils import timezone

from apps.core.relative_time import relative_time

register = Library()


@register.filter("relative_time")
def relative_to_now(at: datetime) -> str:
    return relative_time(at, now=timezone.now())
