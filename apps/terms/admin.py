"""Terms and their acceptances in the administration."""

from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.admin_audit import (
    COMING,
    GOOD,
    NOTHING,
    PLAIN,
    AuditedModelAdmin,
    NewestPaginator,
    ReadOnlyAdmin,
    badge,
    button,
    know_details,
    moment,
)
from apps.audit.ports import Subject
from apps.core.row_counts import counted
from apps.directory.selectors import people_who_sign_in
from apps.terms.admin_actions import PUBLISH, TERMS_ACTIONS
from apps.terms.events import TermsAction
from apps.terms.models import WRITTEN_IN, Acceptance, TermsVersion
from apps.terms.selectors import newest_version
from apps.terms.services.publishing import terms_subject

State = TermsVersion.State
COLOURS = {
    State.DRAFT: COMING,
    State.IN_FORCE: GOOD,
    State.SUPERSEDED: PLAIN,
    State.WITHDRAWN: PLAIN,
}
LANGUAGES: dict[str, str] = {code: str(name) for code, name in settings.LANGUAGES}
WORDS = tuple(f"{part}_{language}" for language in WRITTEN_IN for part in ("title", "text"))


@admin.register(TermsVersion)
class TermsVersionAdmin(AuditedModelAdmin):
    """Drafts are written and thrown away; what was published stays as it is."""

    audit_created = TermsAction.TERMS_DRAFTED
    audit_changed = TermsAction.TERMS_CHANGED
    audit_deleted = TermsAction.TERMS_DELETED
    object_actions = TERMS_ACTIONS
    further_rights: ClassVar = {PUBLISH: gettext_lazy("publish and withdraw")}
    list_title = gettext_lazy("Terms of use")
    list_display = ("version", "document", "state_label", "published", "accepted")
    list_filter = ("document", "state")
    nothing_yet = gettext_lazy("None yet. People are asked for nothing when they sign in.")
    readonly_fields = ("state_label", "number", "published_at", "ended_at", "accepted_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        head: tuple[Any, ...] = ("document",)
        if obj is not None:
            head = (("document", "state_label"),)
            if not obj.is_draft:
                head += (("number", "accepted_by"), ("published_at", "ended_at"))
        description = gettext_lazy(
            "Plain text. A blank line begins a paragraph, a line that begins with “# ” is a heading, lines that begin "
            "with “- ” are a list; web addresses become links."
        )
        return (
            (None, {"fields": head}),
            (
                gettext_lazy("In English"),
                {"classes": ("tab",), "fields": ("title_en", "text_en"), "description": description},
            ),
            (
                gettext_lazy("In German"),
                {"classes": ("tab",), "fields": ("title_de", "text_de"), "description": description},
            ),
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name.startswith("text_"):
            field.widget.attrs["rows"] = 20
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What was last published of the document that the address names."""
        asked: dict[str, Any] = super().get_changeform_initial_data(request)
        last = newest_version(str(asked.get("document", ""))[:16])
        return ({name: getattr(last, name) for name in WORDS} if last else {}) | asked

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def page_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        links = [
            button(_("As people read it"), "visibility", reverse("signin:terms_version", args=(obj.pk,)))
        ]
        if not obj.is_draft and self.has_add_permission(request):
            address = f"{reverse('admin:terms_termsversion_add')}?{urlencode({'document': obj.document})}"
            links.append(button(_("Draft the next version"), "edit_document", address))
        return links

    def audit_target(self, obj: TermsVersion) -> Subject:
        return terms_subject(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        accepted = Acceptance.objects.filter(version=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(accepted_count=counted(accepted))
        return rows

    @admin.display(description=gettext_lazy("Version"))
    def version(self, obj: TermsVersion) -> str:
        return str(obj)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_label(self, obj: TermsVersion) -> str:
        return badge(obj.get_state_display(), COLOURS[State(obj.state)])

    @admin.display(description=gettext_lazy("Published"), ordering="published_at")
    def published(self, obj: TermsVersion) -> str:
        return moment(obj.published_at)

    @admin.display(description=gettext_lazy("Accepted by"), ordering="accepted_count")
    def accepted(self, obj: Any) -> str:
        return NOTHING if obj.is_draft else str(obj.accepted_count)

    @admin.display(description=gettext_lazy("Accepted by"))
    def accepted_by(self, obj: Any) -> str:
        asked = people_who_sign_in(now=timezone.now()).count()
        words = _("%(count)d; people who can sign in: %(asked)d") % {
            "count": obj.accepted_count,
            "asked": asked,
        }
        address = f"{reverse('admin:terms_acceptance_changelist')}?{urlencode({'terms': obj.pk})}"
        return format_html('<a class="text-link" href="{}">{}</a>', address, words)


class VersionFilter(SimpleListFilter):
    title = gettext_lazy("terms")
    parameter_name = "terms"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        published = TermsVersion.objects.filter(number__isnull=False).order_by("document", "-number")
        return [(str(version.pk), str(version)) for version in published[:50]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        try:
            return queryset.filter(version=UUID(self.value()))
        except ValueError:
            return queryset.none()


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    list_display = ("user", "version", "accepted", "read_in", "application", "ip")
    list_filter = (VersionFilter,)
    named_with = ("user", "version", "application")
    search_fields = ("user__username", "user__display_name")
    search_help_text = gettext_lazy("Person")
    ordering = ("-accepted_at",)
    paginator = NewestPaginator
    nothing_yet = gettext_lazy("None yet. Who accepts a version of the terms stands here.")
    fields = (("user", "version"), ("accepted_at", "read_in"), "application", "ip", "user_agent")
    readonly_fields = ("read_in",)

    @admin.display(description=gettext_lazy("Accepted"), ordering="accepted_at")
    def accepted(self, obj: Acceptance) -> str:
        return moment(obj.accepted_at)

    @admin.display(description=gettext_lazy("Language"), ordering="language")
    def read_in(self, obj: Acceptance) -> str:
        return LANGUAGES.get(obj.language, obj.language)


know_details(
    titles={
        "document": gettext_lazy("Document"),
        "number": gettext_lazy("Version"),
        "digest": gettext_lazy("Digest of the text"),
        "superseded": gettext_lazy("In the place of"),
        "language": gettext_lazy("Language"),
        "application": gettext_lazy("On the way to"),
    },
    values={
        "document": {str(value): label for value, label in TermsVersion.Document.choices},
        "language": LANGUAGES,
    },
)
