"""The state of the system, as a page of the administration: nothing but its one page."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.admin_audit import ReadOnlyAdmin
from apps.dashboards.models import SystemStatus
from apps.dashboards.system import ScheduledTask, system_now, worker_is_late
from apps.dashboards.system_problems import PATIENCE, problems

HOUR, DAY = 3_600, 86_400


@admin.register(SystemStatus)
class SystemStatusAdmin(ReadOnlyAdmin):
    audit_kind = "system_status"
    has_history = False

    def get_urls(self) -> list[Any]:
        shown = self.admin_site.admin_view(self.changelist_view)
        return [path("", shown, name="dashboards_systemstatus_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.GET:
            raise SuspiciousOperation("The page has no filters.")
        system, now = system_now(), timezone.now()
        return TemplateResponse(
            request,
            "admin/system/status.html",
            {
                **self.admin_site.each_context(request),
                "title": _("System status"),
                "opts": self.opts,
                "system": system,
                "problems": problems(system, now=now),
                "worker_is_late": worker_is_late(system.tasks, now=now, patience=PATIENCE),
                "tasks": [_task_row(task, is_known=system.tasks.is_known) for task in system.tasks.scheduled],
                "settings_in_force": settings.SETTINGS_IN_FORCE,
            },
        )

    def address_of(self, request: HttpRequest, key: str) -> str:
        return ""


def _task_row(task: ScheduledTask, *, is_known: bool) -> dict[str, Any]:
    run = task.run
    is_failed = bool(run and run.error)
    without_run = _("not yet") if is_known else _("not known")
    state = _("failed") if is_failed else _("done") if run else without_run
    return {
        "title": task.title,
        "every": _span(task.every),
        "run": run,
        "state": state,
        "is_failed": is_failed,
    }


def _span(every: timedelta) -> str:
    seconds = int(every.total_seconds())
    if seconds % DAY == 0:
        return ngettext("every day", "every %(count)d days", seconds // DAY) % {"count": seconds // DAY}
    if seconds % HOUR == 0:
        return ngettext("every hour", "every %(count)d hours", seconds // HOUR) % {"count": seconds // HOUR}
    return ngettext("every second", "every %(count)d seconds", seconds) % {"count": seconds}
