"""From one day to another, as the reader's calendar has them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7_floor

# An event's id counts from 1970, and a day has a day after it.
FIRST_YEAR, LAST_YEAR = 1970, 9999


def day_of(value: str) -> datetime | None:
    """Where the day begins for the reader; None for what is not a day, or one of which no event's id can tell."""
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=timezone.get_current_timezone())
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year < LAST_YEAR else None


class DaysFilter(ListFilter):
    title = _("days")
    template = "admin/audit/days_filter.html"
    parameter_names = ("from", "to")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameter_names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One, for the template: what was typed, and what else the address asks for."""
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in (*self.parameter_names, SEARCH_VAR)
            for value in values
        ]
        if changelist.query:
            others.append((SEARCH_VAR, changelist.query))
        yield {
            "first": self.used_parameters.get("from", ""),
            "last": self.used_parameters.get("to", ""),
            "others": others,
            "query_string": changelist.get_query_string(remove=self.parameter_names),
            "zone": timezone.get_current_timezone_name(),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (str(self.used_parameters.get(name, "")) for name in self.parameter_names)
        start, end = day_of(first), day_of(last)
        if (first and start is None) or (last and end is None):
            return queryset.none()
        if start is not None:
            queryset = queryset.filter(id__gte=uuid7_floor(start))
        if end is not None:
            queryset = queryset.filter(id__lt=uuid7_floor(end + timedelta(days=1)))
        return queryset
