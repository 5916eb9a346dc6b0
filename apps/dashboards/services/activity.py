"""Counting what happens as the log is read, so that the overview need not read it again."""

from collections import Counter
from collections.abc import Sequence

from apps.audit.ports import LoggedEvent
from apps.dashboards.activity_places import Place, place_of
from apps.dashboards.models import ActivityCount


def count_activity(events: Sequence[LoggedEvent]) -> None:
    """Precondition: one caller at a time, in the transaction that moves the reader's cursor."""
    counted = Counter(map(place_of, events))
    known = ActivityCount.objects.filter(
        action__in={place.action for place in counted}, quarter__in={place.quarter for place in counted}
    )
    there = {place: row for row in known if (place := _of(row)) in counted}
    for place, row in there.items():
        row.number += counted[place]
    ActivityCount.objects.bulk_update(there.values(), ["number"])
    ActivityCount.objects.bulk_create(
        ActivityCount(**place._asdict(), number=number)
        for place, number in counted.items()
        if place not in there
    )


def _of(row: ActivityCount) -> Place:
    return Place(row.action, row.quarter, row.reason, row.client_id)
