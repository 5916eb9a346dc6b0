"""Time zones as people have them in their record."""

from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.timezone import get_default_timezone


def zone_named(name: str) -> tzinfo:
    """The zone, or the installation's own when there is none of that name any more."""
    return ZoneInfo(name) if name in zone_names() else get_default_timezone()


AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def zones_by_area() -> dict[str, list[str]]:
    """The zones that are named after a place: the others are old names, or offsets without summer time."""
    found: dict[str, list[str]] = {area: [] for area in AREAS}
    for name in sorted(zone_names()):
        area = name.partition("/")[0]
        if area in found:
            found[area].append(name)
    return found


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
