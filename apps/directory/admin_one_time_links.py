"""One-time links that are open: whoever has one sets a password or confirms an address, so they can be ended."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import (
    COMING,
    AuditedChangeList,
    By,
    NewestPaginator,
    ObjectAction,
    ReadOnlyAdmin,
    badge,
    moment,
)
from apps.core.guards import passes_guards
from apps.directory.models import OneTimeLink
from apps.directory.services.one_time_links import end_link


def _endable(links: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Not those by which a person objects to a change of their address: they protect from whoever made it."""
    objection = OneTimeLink.Purpose.ADDRESS_OBJECTION
    still_open = links.filter(used_at__isnull=True, ended_at__isnull=True, expires_at__gt=now)
    return still_open.exclude(purpose=objection)


def _ending(links: QuerySet[Any], now: datetime) -> str:
    count = _endable(links, now).count()
    if not count:
        return ""
    return ngettext(
        "Ends %(count)d link at once: whoever has it can do nothing with it any more.",
        "Ends %(count)d links at once: whoever has them can do nothing with them any more.",
        count,
    ) % {"count": count}


def _end(links: QuerySet[Any], own: By) -> str:
    ending = list(_endable(links, own.now).select_related("user"))
    count = sum(end_link(link=link, actor=own.actor, origin=own.origin, now=own.now) for link in ending)
    return ngettext("Ended %(count)d link.", "Ended %(count)d links.", count) % {"count": count}


END_LINKS = ObjectAction(
    "end", gettext_lazy("End"), "link_off", "directory.change_onetimelink", _ending, _end, is_dangerous=True
)


class OpenLinks(AuditedChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.filter(used_at__isnull=True, ended_at__isnull=True, expires_at__gt=timezone.now())


class OneTimeLinkAdmin(ReadOnlyAdmin):
    object_actions = (END_LINKS,)
    list_display = ("user", "purpose", "sent_to", "made", "expires")
    list_filter = ("purpose",)
    named_with = ("user",)
    search_fields = ("user__username", "user__display_name")
    search_help_text = gettext_lazy("Person")
    ordering = ("-created_at",)
    paginator = NewestPaginator
    has_history = False
    nothing_yet = gettext_lazy("No link is open.")
    fields = (("user", "purpose"), "sent_to", ("created_at", "expires_at"), "state")
    readonly_fields = ("sent_to", "state")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return OpenLinks

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return passes_guards(request.user, "user", obj.user)

    @admin.display(description=gettext_lazy("Sent to"), ordering="address")
    def sent_to(self, obj: OneTimeLink) -> str:
        return obj.address or _("Printed")

    @admin.display(description=gettext_lazy("Made"), ordering="created_at")
    def made(self, obj: OneTimeLink) -> str:
        return moment(obj.created_at)

    @admin.display(description=gettext_lazy("Expires"), ordering="expires_at")
    def expires(self, obj: OneTimeLink) -> str:
        return moment(obj.expires_at)

    @admin.display(description=gettext_lazy("State"))
    def state(self, obj: OneTimeLink) -> str:
        if obj.used_at is not None:
            return badge(_("Used"))
        if obj.ended_at is not None or obj.expires_at <= timezone.now():
            return badge(_("Ended"))
        return badge(_("Open"), COMING)
