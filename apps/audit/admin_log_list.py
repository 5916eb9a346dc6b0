"""The audit log as a list: newest first, never counted, narrowed only by what has an index."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.admin_days_filter import day_of
from apps.audit.admin_pages import admin_of, all_admins
from apps.audit.admin_unreadable import CarefulChangeList
from apps.audit.models import AuditEvent
from apps.audit.ports import AuditAction, Outcome
from apps.core.ids import is_uuid, uuid7_floor

OBJECTS_FOUND = 20
# Whoever acts or is acted upon and has no page in the administration.
WORDS_WITHOUT_PAGE = {"anonymous": _("unknown"), "system": _("system")}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+\Z")


class LogChangeList(CarefulChangeList):
    """Gives each event the names of its subjects, which it may hold as bare ids."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        name_subjects(request, events)
        self.result_list = events


def name_subjects(request: HttpRequest, events: Iterable[Any]) -> None:
    """Sets `names` on each event."""
    names = Names(request)
    for event in events:
        names.want(event)
        event.names = names
    names.fetch()


def personal_values(event: AuditEvent) -> dict[str, Any]:
    """Empty when they were erased, or cannot be read."""
    return event.personal if isinstance(event.personal, dict) else {}


class Names:
    """Names and addresses of what events refer to: one query for each kind, however many events there are."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.wanted: dict[str, set[str]] = {}
        self.found: dict[tuple[str, str], str] = {}

    def want(self, event: AuditEvent) -> None:
        personal = personal_values(event)
        for kind, key, label in (
            (event.actor_kind, event.actor_id, personal.get("actor_label")),
            (event.target_kind, event.target_id, personal.get("target_label")),
            ("client", event.client_id, None),
        ):
            if key and not label and is_uuid(key):
                self.wanted.setdefault(kind, set()).add(key)

    def fetch(self) -> None:
        for kind, keys in self.wanted.items():
            admin = admin_of(kind)
            if admin is not None:
                self.found |= {(kind, key): name for key, name in admin.names_of(keys).items()}

    def of(self, kind: str, key: str) -> str:
        return self.found.get((kind, key), "")

    def of_anything(self, key: str) -> str:
        """The name of whatever has this key, for a value that does not say what it refers to."""
        if not is_uuid(key):
            return ""
        return next((name for admin in all_admins() if (name := admin.names_of([key]).get(key))), "")

    def word_for(self, kind: str) -> str:
        """As the pages call objects of the kind."""
        shown = admin_of(kind)
        return shown.word() if shown else str(WORDS_WITHOUT_PAGE.get(kind, kind.replace("_", " ")))

    def address_of(self, kind: str, key: str) -> str:
        shown = admin_of(kind)
        return shown.address_of(self.request, key) if shown and key else ""


def search(events: QuerySet[Any], request: HttpRequest, term: str) -> QuerySet[Any]:
    """By an action, by an id, or by what something is called now: the ids are indexed, the names in the log are not."""
    term = term.strip()
    if ACTION.match(term):
        return events.filter(action=term)
    if is_uuid(term):
        return events.filter(Q(pk=UUID(term)) | _about([str(UUID(term))]))
    keys = [key for admin in all_admins() for key in admin.keys_found(request, term, OBJECTS_FOUND + 1)]
    if not keys:
        messages.info(request, _("Nothing that you may look at is called “%(term)s”.") % {"term": term})
        return events.none()
    if len(keys) > OBJECTS_FOUND:
        messages.info(
            request,
            _("“%(term)s” is found in more than %(count)d names; these events are about some of them only.")
            % {"term": term, "count": OBJECTS_FOUND},
        )
    return events.filter(_about(keys[:OBJECTS_FOUND]))


def _about(keys: list[str]) -> Q:
    return Q(actor_id__in=keys) | Q(target_id__in=keys) | Q(client_id__in=keys)


class WhenFilter(SimpleListFilter):
    title = _("time")
    parameter_name = "when"
    SPANS = (
        ("1h", _("Last hour"), timedelta(hours=1)),
        ("24h", _("Last 24 hours"), timedelta(hours=24)),
        ("7d", _("Last 7 days"), timedelta(days=7)),
        ("14d", _("Last 14 days"), timedelta(days=14)),
        ("30d", _("Last 30 days"), timedelta(days=30)),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        choices: list[tuple[str, Any]] = [(name, title) for name, title, _span in self.SPANS]
        day = self.value()
        return [*choices, (day, day)] if day and day_of(day) else choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        start = day_of(value)
        if start is not None:
            return queryset.filter(id__gte=uuid7_floor(start), id__lt=uuid7_floor(start + timedelta(days=1)))
        span = next((span for name, _title, span in self.SPANS if name == value), None)
        return queryset.filter(id__gte=uuid7_floor(timezone.now() - span)) if span else queryset.none()


class OutcomeFilter(SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (Outcome.SUCCESS.value, _("Done")),
            (Outcome.REFUSED.value, _("Refused")),
            (Outcome.ERROR.value, _("Failed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class ActionFilter(SimpleListFilter):
    """From the words that the apps declare: asking the table which it holds would read all of it."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(
            (action.value, action.value) for words in AuditAction.__subclasses__() for action in words
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset
