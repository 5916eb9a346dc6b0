"""Readers of the log in the administration: how far each is, and what it could not deal with."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import (
    BAD,
    COMING,
    GOOD,
    NOTHING,
    PLAIN,
    By,
    ObjectAction,
    ReadOnlyAdmin,
    badge,
    know_details,
    moment,
)
from apps.audit.models import ReaderCursor, SetAsideEvent
from apps.audit.selectors import with_newest_seal
from apps.audit.services.setting_aside import READER_KIND, hand_in, set_failed_event_aside, try_again

CHANGE = "audit.change_readercursor"


def _trying(cursors: QuerySet[ReaderCursor], now: datetime) -> str:
    count = cursors.filter(next_attempt_at__isnull=False).count()
    if not count:
        return ""
    return ngettext(
        "%(count)d reader that failed tries again at once, and goes on if that succeeds.",
        "%(count)d readers that failed try again at once, and go on where that succeeds.",
        count,
    ) % {"count": count}


def _try(cursors: QuerySet[ReaderCursor], own: By) -> str:
    tried = [one for one in cursors if try_again(cursor=one, actor=own.actor, origin=own.origin, now=own.now)]
    return ngettext("%(count)d reader tries again.", "%(count)d readers try again.", len(tried)) % {
        "count": len(tried)
    }


def _setting_aside(cursors: QuerySet[ReaderCursor], now: datetime) -> str:
    count = cursors.filter(failed_at_seal__isnull=False).count()
    if not count:
        return ""
    return ngettext(
        "%(count)d reader goes on behind the event that it failed at. What it was to do with the event is not done; "
        "the event waits among those set aside, from where it can be handed in once the cause is mended.",
        "%(count)d readers go on behind the events that they failed at. What they were to do with those is not done; "
        "the events wait among those set aside, from where they can be handed in once the cause is mended.",
        count,
    ) % {"count": count}


def _set_aside(cursors: QuerySet[ReaderCursor], own: By) -> str:
    gone_on = [
        one
        for one in cursors
        if set_failed_event_aside(
            cursor=one, reason=own.reason, actor=own.actor, origin=own.origin, now=own.now
        )
    ]
    return ngettext("%(count)d event is set aside.", "%(count)d events are set aside.", len(gone_on)) % {
        "count": len(gone_on)
    }


def _handing_in(events: QuerySet[SetAsideEvent], now: datetime) -> str:
    count = events.filter(handed_in_at__isnull=True).count()
    if not count:
        return ""
    return ngettext(
        "Gives %(count)d event to its reader once more, out of turn: after events that happened later.",
        "Gives %(count)d events to their readers once more, out of turn: after events that happened later.",
        count,
    ) % {"count": count}


def _hand_in(events: QuerySet[SetAsideEvent], own: By) -> str:
    # In the order in which they happened.
    outcomes = [
        hand_in(event=event, actor=own.actor, origin=own.origin, now=own.now)
        for event in events.filter(handed_in_at__isnull=True).order_by("seal_number")
    ]
    return _("%(done)d of %(count)d events were dealt with.") % {
        "done": sum(outcomes),
        "count": len(outcomes),
    }


@admin.register(ReaderCursor)
class ReaderCursorAdmin(ReadOnlyAdmin):
    audit_kind = READER_KIND
    object_actions = (
        ObjectAction("try_again", gettext_lazy("Try again"), "replay", CHANGE, _trying, _try),
        ObjectAction(
            "set_aside",
            gettext_lazy("Set the event aside"),
            "move_to_inbox",
            CHANGE,
            _setting_aside,
            _set_aside,
            is_dangerous=True,
            asks_reason=True,
        ),
    )
    list_display = ("what", "state_label", "behind", "moved", "error", "next_attempt")
    list_display_links = ("what",)
    sortable_by = ()
    nothing_yet = gettext_lazy("None has read anything yet.")
    fields = (
        ("what", "name"),
        ("state_label", "behind"),
        ("position", "moved"),
        ("failures", "error"),
        ("failed_at", "next_attempt"),
    )
    readonly_fields = (
        "what",
        "name",
        "state_label",
        "behind",
        "position",
        "moved",
        "failures",
        "error",
        "failed_at",
        "next_attempt",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_newest_seal(super().get_queryset(request))

    @admin.display(description=gettext_lazy("Reader"))
    def what(self, obj: ReaderCursor) -> str:
        return obj.title

    @admin.display(description=gettext_lazy("State"))
    def state_label(self, obj: ReaderCursor) -> str:
        if obj.failures:
            return badge(_("Failing"), BAD)
        return badge(_("Up to date"), GOOD) if _behind(obj) == 0 else badge(_("Reading"), COMING)

    @admin.display(description=gettext_lazy("Events behind"))
    def behind(self, obj: ReaderCursor) -> str:
        return f"{_behind(obj):,}"

    @admin.display(description=gettext_lazy("Read on"))
    def moved(self, obj: ReaderCursor) -> str:
        return moment(obj.moved_at) if obj.moved_at else NOTHING

    @admin.display(description=gettext_lazy("Last error"))
    def error(self, obj: ReaderCursor) -> str:
        return obj.last_error or NOTHING

    @admin.display(description=gettext_lazy("Next attempt"))
    def next_attempt(self, obj: ReaderCursor) -> str:
        return moment(obj.next_attempt_at) if obj.next_attempt_at else NOTHING

    @admin.display(description=gettext_lazy("Failed at seal"))
    def failed_at(self, obj: ReaderCursor) -> str:
        return f"{obj.failed_at_seal:,}" if obj.failed_at_seal is not None else NOTHING


def _behind(cursor: Any) -> int:
    return max((cursor.newest_seal or 0) - int(cursor.position), 0)


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Set aside")), ("done", gettext_lazy("Dealt with"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(handed_in_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(SetAsideEvent)
class SetAsideEventAdmin(ReadOnlyAdmin):
    has_history = False
    object_actions = (
        ObjectAction("hand_in", gettext_lazy("Hand in again"), "input", CHANGE, _handing_in, _hand_in),
    )
    list_display = ("what", "seal_number", "state_label", "error", "reason", "set_aside")
    list_display_links = ("what",)
    list_filter = (StateFilter,)
    sortable_by = ()
    nothing_yet = gettext_lazy("Nothing was set aside: readers have dealt with every event.")
    fields = (("what", "seal_number"), "event", ("error", "reason"), ("set_aside", "handed_in"))
    readonly_fields = ("what", "seal_number", "event", "error", "reason", "set_aside", "handed_in")

    @admin.display(description=gettext_lazy("Reader"))
    def what(self, obj: SetAsideEvent) -> str:
        return str(obj).rpartition(":")[0]

    @admin.display(description=gettext_lazy("Event"))
    def event(self, obj: SetAsideEvent) -> str:
        if obj.event_id is None:
            return NOTHING
        address = reverse("admin:audit_auditevent_change", args=(obj.event_id,))
        return format_html('<a class="text-link" href="{}">{}</a>', address, obj.event_id)

    @admin.display(description=gettext_lazy("State"))
    def state_label(self, obj: SetAsideEvent) -> str:
        return badge(_("Dealt with"), PLAIN) if obj.handed_in_at else badge(_("Set aside"), BAD)

    @admin.display(description=gettext_lazy("Set aside"))
    def set_aside(self, obj: SetAsideEvent) -> str:
        return moment(obj.set_aside_at)

    @admin.display(description=gettext_lazy("Dealt with"))
    def handed_in(self, obj: SetAsideEvent) -> str:
        return moment(obj.handed_in_at) if obj.handed_in_at else NOTHING


know_details(
    titles={"seal_number": gettext_lazy("Seal"), "error": gettext_lazy("Error")},
    values={},
)
