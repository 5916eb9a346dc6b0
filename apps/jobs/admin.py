"""Background work in the administration: how far it is, and what gave up."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import (
    BAD,
    COMING,
    GOOD,
    NOTHING,
    PLAIN,
    AuditedChangeList,
    By,
    NewestPaginator,
    ObjectAction,
    ReadOnlyAdmin,
    admin_of,
    badge,
    know_details,
    moment,
)
from apps.core.ids import is_uuid
from apps.jobs.models import Job
from apps.jobs.ports import kinds
from apps.jobs.services.administration import cancel_job, retry_job

CHANGE = "jobs.change_job"
COLOURS = {
    Job.State.QUEUED: PLAIN,
    Job.State.RUNNING: COMING,
    Job.State.DONE: GOOD,
    Job.State.DEAD: BAD,
    Job.State.CANCELLED: PLAIN,
}


def _retrying(jobs: QuerySet[Job], now: datetime) -> str:
    count = jobs.filter(state=Job.State.DEAD).count()
    if not count:
        return ""
    return ngettext(
        "Tries %(count)d job that gave up again, at once and as often as a new one.",
        "Tries %(count)d jobs that gave up again, at once and as often as new ones.",
        count,
    ) % {"count": count}


def _retry(jobs: QuerySet[Job], own: By) -> str:
    count = sum(retry_job(job=job, actor=own.actor, origin=own.origin, now=own.now) for job in list(jobs))
    return ngettext("%(count)d job is tried again.", "%(count)d jobs are tried again.", count) % {
        "count": count
    }


def _cancelling(jobs: QuerySet[Job], now: datetime) -> str:
    count = jobs.filter(state__in=[Job.State.QUEUED, Job.State.DEAD]).count()
    if not count:
        return ""
    return ngettext(
        "Cancels %(count)d job: what it was to do will not be done.",
        "Cancels %(count)d jobs: what they were to do will not be done.",
        count,
    ) % {"count": count}


def _cancel(jobs: QuerySet[Job], own: By) -> str:
    count = sum(cancel_job(job=job, actor=own.actor, origin=own.origin, now=own.now) for job in list(jobs))
    return ngettext("Cancelled %(count)d job.", "Cancelled %(count)d jobs.", count) % {"count": count}


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.title) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class NamedJobs(AuditedChangeList):
    """Names the person whose id a job's key begins with; one query however many jobs there are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        jobs, people = list(self.result_list), admin_of("user")
        ids = {_first_word(job) for job in jobs if is_uuid(_first_word(job))}
        names = people.names_of(ids) if people else {}
        for job in jobs:
            key = _first_word(job)
            page = people.address_of(request, key) if people and key in names else ""
            job.person = (
                format_html('<a class="text-link" href="{}">{}</a>', page, names[key]) if page else ""
            )
        self.result_list = jobs


def _first_word(job: Any) -> str:
    word: str = job.key.partition(" ")[0]
    return word


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    audit_kind = "job"
    object_actions = (
        ObjectAction("retry", gettext_lazy("Try again"), "replay", CHANGE, _retrying, _retry),
        ObjectAction(
            "cancel", gettext_lazy("Cancel"), "block", CHANGE, _cancelling, _cancel, is_dangerous=True
        ),
    )
    list_display = ("what", "about", "state_label", "progress", "attempts", "created", "last_error")
    list_filter = ("state", KindFilter)
    search_fields = ("key",)
    search_help_text = gettext_lazy("What the job is about")
    paginator = NewestPaginator
    nothing_yet = gettext_lazy("Nothing waits, and nothing was done in the last 30 days.")
    fields = (
        ("what", "key"),
        ("state_label", "progress"),
        ("attempts", "next_attempt_at"),
        ("created_at", "started_at", "finished_at"),
        ("last_error", "lease_until"),
        "outcome",
        "id",
    )
    readonly_fields = ("what", "state_label", "progress", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("payload", "position")

    @admin.display(description=gettext_lazy("Job"), ordering="kind")
    def what(self, obj: Job) -> str:
        return obj.title

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NamedJobs

    @admin.display(description=gettext_lazy("About"), ordering="key")
    def about(self, obj: Any) -> str:
        return obj.person or obj.key or NOTHING

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_label(self, obj: Job) -> str:
        is_late = obj.state == Job.State.QUEUED and obj.attempts > 0
        return badge(
            _("Tried again later") if is_late else obj.get_state_display(), COLOURS[Job.State(obj.state)]
        )

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, obj: Job) -> str:
        if not obj.total:
            return f"{obj.done:,}" if obj.done else NOTHING
        words = _("%(done)s of %(total)s") % {"done": f"{obj.done:,}", "total": f"{obj.total:,}"}
        return format_html(
            '<progress class="progress" max="{}" value="{}" aria-label="{}"></progress> {}',
            obj.total,
            min(obj.done, obj.total),
            _("Progress"),
            words,
        )

    @admin.display(description=gettext_lazy("Asked for"), ordering="created_at")
    def created(self, obj: Job) -> str:
        return moment(obj.created_at)


know_details(
    titles={"kind": gettext_lazy("Kind of job"), "attempts": gettext_lazy("Attempts")},
    values={},
)
