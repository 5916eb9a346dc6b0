"""Time zones as people have them in their record."""

from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.timezone import get_default_timezone


def zone_named(name: str) -> tzinfo:
    """The zone, or the installation's own when there is none of that name any more."""
    return ZoneInfo(name) if name in zone_names() else get_default_timezone()


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
