"""The state of the system, as a page of the administration: nothing but its one page."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.audit.admin_audit import ReadOnlyAdmin, administrator
from apps.core.origin import origin_of
from apps.dashboards.models import SystemStatus
from apps.dashboards.system import ScheduledTask, system_now, worker_is_late
from apps.dashboards.system_problems import PATIENCE, problems
from apps.jobs.errors import UnknownTask
from apps.jobs.services.scheduled import ask_for_task
from apps.mail.services.test_mail import send_test_mail

HOUR, DAY = 3_600, 86_400
RUN_TASK = "dashboards.run_scheduledtask"


@admin.register(SystemStatus)
class SystemStatusAdmin(ReadOnlyAdmin):
    audit_kind = "system_status"
    has_history = False
    further_rights: ClassVar = {"run_scheduledtask": gettext_lazy("have scheduled tasks run at once")}

    def get_urls(self) -> list[Any]:
        shown = self.admin_site.admin_view(self.changelist_view)
        tested = self.admin_site.admin_view(require_POST(self.test_mail_view))
        run = self.admin_site.admin_view(require_POST(self.run_task_view))
        return [
            path("", shown, name="dashboards_systemstatus_changelist"),
            path("test-mail/", tested, name="dashboards_systemstatus_test_mail"),
            path("run-task/", run, name="dashboards_systemstatus_run_task"),
        ]

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
                "tasks": [
                    _task_row(task, is_known=system.tasks.is_known, now=now)
                    for task in system.tasks.scheduled
                ],
                "may_run_tasks": request.user.has_perm(RUN_TASK),
                "settings_in_force": [_setting_row(one) for one in settings.SETTINGS_IN_FORCE],
            },
        )

    def test_mail_view(self, request: HttpRequest) -> HttpResponse:
        """To the administrator who asks, and to nobody else."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        current = administrator(request)
        if not str(getattr(request.user, "email", "")):
            messages.error(request, _("Your record has no e-mail address to send it to."))
        elif send_test_mail(to=current, now=timezone.now()):
            messages.success(
                request,
                _(
                    "A test mail to you is on its way. If it does not come, the last error under Jobs says why."
                ),
            )
        else:
            messages.error(request, _("No mail is sent: EMAIL_URL names no mail server."))
        return redirect("admin:dashboards_systemstatus_changelist")

    def run_task_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request) or not request.user.has_perm(RUN_TASK):
            raise PermissionDenied
        try:
            is_told = ask_for_task(
                task=request.POST.get("task", ""),
                actor=administrator(request),
                origin=origin_of(request),
                now=timezone.now(),
            )
        except UnknownTask as error:
            raise SuspiciousOperation("There is no such task.") from error
        if is_told:
            messages.success(request, _("A worker was told. When the task has run, it shows here."))
        else:
            messages.error(
                request, _("No worker could be told: the broker does not answer. See that it is running.")
            )
        return redirect("admin:dashboards_systemstatus_changelist")

    def address_of(self, request: HttpRequest, key: str) -> str:
        return ""


def _task_row(task: ScheduledTask, *, is_known: bool, now: datetime) -> dict[str, Any]:
    run = task.run
    is_failed = bool(run and run.error)
    without_run = _("not yet") if is_known else _("not known")
    state = _("failed") if is_failed else _("done") if run else without_run
    return {
        "title": task.title,
        "name": task.task,
        "every": _span(task.every),
        # What failed or never ran is tried at the next turn of the clock.
        "next_at": run.ended_at + task.every if run and run.ended_at + task.every > now else None,
        "run": run,
        "state": state,
        "is_failed": is_failed,
    }


def _setting_row(one: Any) -> dict[str, Any]:
    """`one` is a SettingInForce of identity, which apps do not import."""
    return {
        "name": one.name,
        "value": _(one.value) if one.is_word else one.value,
        "is_default": one.is_default,
        "meaning": _(one.meaning).replace("`", ""),
    }


def _span(every: timedelta) -> str:
    seconds = int(every.total_seconds())
    if seconds % DAY == 0:
        return ngettext("every day", "every %(count)d days", seconds // DAY) % {"count": seconds // DAY}
    if seconds % HOUR == 0:
        return ngettext("every hour", "every %(count)d hours", seconds // HOUR) % {"count": seconds // HOUR}
    return ngettext("every second", "every %(count)d seconds", seconds) % {"count": seconds}
