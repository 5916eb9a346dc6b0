"""The audit log in the administration: read, filtered, followed to its seal; never changed.

Importing this brings the readers of the log along.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from apps.audit.admin_audit import (
    BAD,
    GOOD,
    NOTHING,
    WARNING,
    ReadOnlyAdmin,
    badge,
    know_details,
    moment,
)
from apps.audit.admin_days_filter import DaysFilter
from apps.audit.admin_event_page import changes, details, seal_of
from apps.audit.admin_log_list import (
    ActionFilter,
    LogChangeList,
    OutcomeFilter,
    WhenFilter,
    name_subjects,
    personal_values,
    search,
)
from apps.audit.admin_marks import shown, unreadable
from apps.audit.admin_newest import NewestPaginator
from apps.audit.admin_readers import ReaderCursorAdmin, SetAsideEventAdmin
from apps.audit.admin_unreadable import ShowsUnreadable
from apps.audit.event_id_form import IsIdInForm
from apps.audit.findings import Verdict
from apps.audit.models import VERDICT_WORDS, AuditEvent, AuditVerificationRun, SealBatch
from apps.audit.ports import Outcome
from apps.audit.selectors import log_status
from apps.audit.shown_rows import IsNumber, Unreadable

__all__ = [
    "AuditEventAdmin",
    "ReaderCursorAdmin",
    "SealBatchAdmin",
    "SetAsideEventAdmin",
    "VerificationRunAdmin",
]

OUTCOMES = {
    Outcome.SUCCESS.value: (_("Done"), GOOD),
    Outcome.REFUSED.value: (_("Refused"), WARNING),
    Outcome.ERROR.value: (_("Failed"), BAD),
}

VERDICTS = {
    Verdict.INTACT: (VERDICT_WORDS[Verdict.INTACT], GOOD),
    Verdict.UNWITNESSED: (VERDICT_WORDS[Verdict.UNWITNESSED], WARNING),
    Verdict.TAMPERED: (VERDICT_WORDS[Verdict.TAMPERED], BAD),
}

DIGEST_SHOWN = 12


def hexadecimal(value: Any) -> str:
    return unreadable(value) if isinstance(value, Unreadable) else bytes(value).hex()


def start_of(digest: str) -> str:
    """Enough of it to tell it from others; all of it on hover and on the page."""
    if isinstance(digest, SafeString | Unreadable):
        return digest
    return format_html('<code title="{}">{}…</code>', digest, digest[:DIGEST_SHOWN])


@admin.register(AuditEvent)
class AuditEventAdmin(ShowsUnreadable, ReadOnlyAdmin):
    list_title = _("Audit log")
    has_history = False
    list_display = ("time", "what", "outcome_label", "actor", "target", "client", "address")
    list_filter = (WhenFilter, DaysFilter, OutcomeFilter, ActionFilter)
    linked_lookups = ("client_id",)
    sortable_by = ()
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = _("Name, e-mail, id or action")
    paginator = NewestPaginator
    list_before_template = "admin/audit/log_status.html"
    fieldsets = (
        (
            _("What happened"),
            {"fields": ("time_exact", "what", "outcome_label", "actor", "target", "client")},
        ),
        (_("Details"), {"fields": ("detail_table", "change_table")}),
        (_("Where it came from"), {"fields": ("address", "browser", "session_id", "request_id")}),
        (_("Seal"), {"fields": ("seal",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [str(name) for _title, options in self.fieldsets for name in options["fields"]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A row under what is no id would end the page that shows all the others; verification names it.
        return super().get_queryset(request).filter(IsIdInForm("pk"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return LogChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (search(queryset, request, search_term) if search_term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "log": log_status()})

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            name_subjects(request, [event])
        return event

    @admin.display(description=_("Time"))
    def time(self, event: Any) -> str:
        if isinstance(event.occurred_at, Unreadable):
            return unreadable(event.occurred_at)
        at = localtime(event.occurred_at)
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S %Z}")

    @admin.display(description=_("Time"))
    def time_exact(self, event: Any) -> str:
        if isinstance(event.occurred_at, Unreadable):
            return unreadable(event.occurred_at)
        at = localtime(event.occurred_at)
        return f"{date_format(at, 'DATE_FORMAT')}, {at:%H:%M:%S.%f} {at:%Z}"

    @admin.display(description=_("Action"))
    def what(self, event: AuditEvent) -> Any:
        return shown(event.action)

    @admin.display(description=_("Outcome"))
    def outcome_label(self, event: AuditEvent) -> Any:
        known = OUTCOMES.get(event.outcome)
        return badge(*known) if known else shown(event.outcome)

    @admin.display(description=_("Actor"))
    def actor(self, event: AuditEvent) -> str:
        return self._subject(event, event.actor_kind, event.actor_id, "actor_label")

    @admin.display(description=_("Target"))
    def target(self, event: AuditEvent) -> str:
        return self._subject(event, event.target_kind, event.target_id, "target_label")

    @admin.display(description=_("Client"))
    def client(self, event: AuditEvent) -> str:
        return self._subject(event, "client", event.client_id, "") if event.client_id else NOTHING

    @admin.display(description=_("Address"))
    def address(self, event: AuditEvent) -> Any:
        return _shown_personal(event, "ip")

    @admin.display(description=_("Browser"))
    def browser(self, event: AuditEvent) -> Any:
        return _shown_personal(event, "user_agent")

    @admin.display(description=_("Details"))
    def detail_table(self, event: Any) -> str:
        if isinstance(event.details, Unreadable):
            return unreadable(event.details)
        return render_to_string("admin/audit/details.html", {"rows": details(event)})

    @admin.display(description=_("Changes"))
    def change_table(self, event: Any) -> str:
        if isinstance(event.personal, Unreadable):
            return unreadable(event.personal)
        return render_to_string(
            "admin/audit/changes.html",
            {"rows": changes(event), "is_erased": event.personal is None},
        )

    @admin.display(description=_("Seal"))
    def seal(self, event: Any) -> str:
        seal = seal_of(event)
        checkpoint = seal.checkpoint if seal is not None else None
        page = event.names.address_of("sealbatch", str(checkpoint.number)) if checkpoint else ""
        return render_to_string("admin/audit/seal.html", {"seal": seal, "checkpoint_page": page})

    def _subject(self, event: Any, kind: str, key: str, label_field: str) -> str:
        """The name, or what is left of it, above the kind; linked where the reader may look."""
        if isinstance(kind, Unreadable) or isinstance(key, Unreadable):
            return format_html("{} {}", shown(kind), shown(key))
        if not kind:
            return NOTHING
        label = personal_values(event).get(label_field) or event.names.of(kind, key)
        url = event.names.address_of(kind, key)
        context = {"kind": event.names.word_for(kind), "label": label, "key": key, "url": url}
        return render_to_string("admin/audit/subject.html", context)


@admin.register(SealBatch)
class SealBatchAdmin(ShowsUnreadable, ReadOnlyAdmin):
    has_history = False
    list_display = ("number", "sealed", "tree_size", "root_start", "key_start", "algorithm")
    list_display_links = ("number",)
    sortable_by = ()
    ordering = ("-number",)
    paginator = NewestPaginator
    list_before_template = "admin/audit/log_status.html"
    fields = (
        "number",
        "origin",
        "sealed_at",
        "tree_size",
        "root",
        "chain",
        "previous",
        "key_id",
        "algorithm",
        "signed",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(IsNumber("pk")).defer("leaf_hashes", "frontier")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "log": log_status()})

    @admin.display(description=_("Sealed"))
    def sealed(self, batch: SealBatch) -> str:
        return moment(batch.sealed_at)

    @admin.display(description=_("Root hash"))
    def root_start(self, batch: SealBatch) -> str:
        return start_of(self.root(batch))

    @admin.display(description=_("Key id"))
    def key_start(self, batch: SealBatch) -> str:
        return start_of(batch.key_id)

    @admin.display(description=_("Root hash"))
    def root(self, batch: SealBatch) -> str:
        return hexadecimal(batch.root_hash)

    @admin.display(description=_("Chain hash"))
    def chain(self, batch: SealBatch) -> str:
        return hexadecimal(batch.chain_hash)

    @admin.display(description=_("Chain hash of the one before"))
    def previous(self, batch: SealBatch) -> str:
        return hexadecimal(batch.previous_chain_hash)

    @admin.display(description=_("Signature"))
    def signed(self, batch: SealBatch) -> str:
        return hexadecimal(batch.signature)


@admin.register(AuditVerificationRun)
class VerificationRunAdmin(ShowsUnreadable, ReadOnlyAdmin):
    list_title = _("Verifications")
    has_history = False
    list_display = (
        "finished",
        "verdict",
        "checked_count",
        "witness_count",
        "waiting_count",
        "gone_count",
        "findings_count",
    )
    fields = (*list_display, "first_finding", "warning_lines", "started_at", "finished_at")
    readonly_fields = fields
    sortable_by = ()
    ordering = ("-id",)
    nothing_yet = _("No verification yet. Run manage.py verify_audit_log.")
    list_before_template = "admin/audit/log_status.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(IsIdInForm("pk"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "log": log_status()})

    @admin.display(description=_("Finished"))
    def finished(self, run: AuditVerificationRun) -> str:
        return moment(run.finished_at)

    @admin.display(description=_("Verdict"))
    def verdict(self, run: Any) -> str:
        if isinstance(run.is_intact, Unreadable):
            return unreadable(run.is_intact)
        if isinstance(run.witnessed_count, Unreadable):
            return unreadable(run.witnessed_count)
        return badge(*VERDICTS[run.verdict])

    @admin.display(description=_("Held by a witness"))
    def witness_count(self, run: AuditVerificationRun) -> str:
        if run.verdict == Verdict.UNWITNESSED:
            return str(_("No witness"))
        return str(run.witnessed_count)

    @admin.display(description=_("Checked"))
    def checked_count(self, run: AuditVerificationRun) -> int:
        return run.sealed_count

    @admin.display(description=_("Waiting for a seal"))
    def waiting_count(self, run: AuditVerificationRun) -> int:
        return run.unsealed_count

    @admin.display(description=_("Erased"))
    def gone_count(self, run: AuditVerificationRun) -> int:
        return run.erased_count

    @admin.display(description=_("Warnings"))
    def warning_lines(self, run: AuditVerificationRun) -> str:
        if isinstance(run.warnings, Unreadable):
            return unreadable(run.warnings)
        return format_html_join("", "<p>{}</p>", ((line,) for line in run.warnings.splitlines())) or NOTHING

    @admin.display(description=_("Findings"))
    def findings_count(self, run: AuditVerificationRun) -> int:
        return run.finding_count


def _shown_personal(event: AuditEvent, name: str) -> Any:
    if isinstance(event.personal, Unreadable):
        return unreadable(event.personal)
    return personal_values(event).get(name) or NOTHING


know_details(
    titles={
        "actions": _("Actions asked for"),
        "beside": _("Of them outside of the time asked for"),
        "checkpoint": _("Checkpoint"),
        "count": _("Events"),
        "findings": _("Findings"),
        "first_finding": _("First finding"),
        "warnings": _("Warnings"),
        "first_seal": _("First seal"),
        "found": _("Found"),
        "from": _("From"),
        "last_seal": _("Last seal"),
        "manifest_sha256": _("SHA-256 of the manifest"),
        "personal": _("With personal values"),
        "root_hash": _("Root hash"),
        "sealed": _("Sealed"),
        "since": _("Goes on from checkpoint"),
        "to": _("To"),
        "tree_size": _("Sealed events up to here"),
        "witnessed": _("Held by a witness"),
    },
)
