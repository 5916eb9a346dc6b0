"""The audit log: newest first, or in the order of its seals for whoever follows it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from rest_framework import serializers

from apps.audit.api.scopes import SEE_EVENTS
from apps.audit.models import AuditEvent, SealedEvent
from apps.audit.selectors import events
from apps.audit.shown_rows import Unreadable, shown_rows, unreadable_values
from apps.core.api.fields import Output, PageQuery, Query
from apps.core.api.operations import operation
from apps.core.api.paging import Page, page_of
from apps.core.api.views import ApiView
from apps.core.ids import uuid7_floor
from apps.core.sensible_dates import validate_moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EventShown(Output):
    """What somebody wrote past the program is null here, and its name stands in `unreadable`."""

    id = serializers.UUIDField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    action = serializers.CharField(allow_null=True)
    outcome = serializers.CharField(allow_null=True)
    actor_kind = serializers.CharField(allow_null=True)
    actor_id = serializers.CharField(allow_null=True)
    target_kind = serializers.CharField(allow_null=True)
    target_id = serializers.CharField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    session_id = serializers.CharField(allow_null=True)
    request_id = serializers.CharField(allow_null=True)
    details = serializers.JSONField(allow_null=True)
    personal = serializers.JSONField(
        allow_null=True, help_text="Labels, address, browser, before and after; null once erased."
    )
    seal_number = serializers.IntegerField(allow_null=True, help_text="Null until it is sealed.")
    unreadable = serializers.ListField(child=serializers.CharField())


class EventsQuery(PageQuery):
    action = serializers.CharField(max_length=64, required=False)
    actor = serializers.CharField(max_length=128, required=False, help_text="An id.")
    target = serializers.CharField(max_length=128, required=False, help_text="An id.")
    client = serializers.CharField(max_length=128, required=False, help_text="An id.")
    since = serializers.DateTimeField(required=False, validators=[validate_moment])
    before = serializers.DateTimeField(required=False, validators=[validate_moment])


class SealsQuery(Query):
    after = serializers.IntegerField(
        min_value=0, max_value=2**62, default=0, help_text="The last seal number that you have."
    )
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class EventsApi(ApiView):
    tag = "Audit log"
    shown = EventShown


class EventsView(EventsApi):
    @operation(
        "list_events",
        "Read the log, newest first",
        SEE_EVENTS,
        query=EventsQuery,
        answer=EventShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        page = page_of(_narrowed(events(), self.query), self.query, newest_first=True, read=shown_rows)
        return self.show_page(Page([_as_shown(row) for row in page.rows], page.next_cursor))


class EventView(EventsApi):
    @operation("get_event", "One event", SEE_EVENTS, answer=EventShown, has_etag=True)
    def get(self, request: Any, event_id: UUID) -> HttpResponse:
        found = shown_rows(events().filter(pk=event_id))
        if not found:
            raise Http404
        return self.show(_as_shown(found[0]))


class SealedEventsView(EventsApi):
    @operation(
        "follow_events",
        "Follow the log in the order of its seals",
        SEE_EVENTS,
        query=SealsQuery,
        answer=EventShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        """Nothing is ever inserted behind what you have: ask again with the last `seal_number`."""
        seals = SealedEvent.objects.filter(seal_number__gt=self.query["after"]).order_by("seal_number")
        numbers = dict(seals.values_list("event_id", "seal_number")[: self.query["limit"]])
        rows = shown_rows(AuditEvent.objects.filter(pk__in=list(numbers)))
        for row in rows:
            row.seal_number = numbers[row.pk]
        return self.show_page(
            Page([_as_shown(row) for row in sorted(rows, key=lambda one: one.seal_number)], None)
        )


def _as_shown(row: Any) -> dict[str, Any]:
    unreadable = sorted(unreadable_values(row))
    values = {name: getattr(row, name) for name in map(str, EventShown().fields) if name != "unreadable"}
    clean = {name: None if isinstance(value, Unreadable) else value for name, value in values.items()}
    return {**clean, "unreadable": unreadable}


def _narrowed(rows: QuerySet[AuditEvent], query: Any) -> QuerySet[AuditEvent]:
    for name, field in (
        ("action", "action"),
        ("actor", "actor_id"),
        ("target", "target_id"),
        ("client", "client_id"),
    ):
        if name in query:
            rows = rows.filter(**{field: query[name]})
    # Ids begin in 1970.
    if "since" in query:
        rows = rows.filter(pk__gte=uuid7_floor(max(query["since"], EPOCH)))
    if "before" in query:
        rows = rows.filter(pk__lt=uuid7_floor(max(query["before"], EPOCH)))
    return rows
