"""The one ModelAdmin of the administration: what changes through it is in the audit log, once, before and after."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet, TextField, UUIDField
from django.forms import CharField, ModelChoiceField
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.audit.admin_acting import administrator, button, by, session_id_of
from apps.audit.admin_as_opened import AsOpenedAdmin
from apps.audit.admin_deleting import DeletingAdmin
from apps.audit.admin_marks import (
    BAD,
    COMING,
    GOOD,
    NOTHING,
    PLAIN,
    WARNING,
    badge,
    clock,
    moment,
)
from apps.audit.admin_newest import NewestPaginator, UncountedChangeList
from apps.audit.admin_pages import (
    DELETE,
    By,
    Consequence,
    ObjectAction,
    add_to_pages,
    additions_to,
    admin_of,
    know_admin,
    know_details,
)
from apps.audit.admin_queries import CarefulAdmin, CarefulAutocomplete, CarefulRelations
from apps.audit.admin_queries import CarefulInlineFormSet as ThemedInlineFormSet
from apps.audit.admin_recording import Audited
from apps.audit.admin_snapshot import Values, removed_with, snapshot, stored_snapshot
from apps.audit.admin_unfold import ThemedTabularInline
from apps.core.guards import passes_guards

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = [
    "BAD",
    "COMING",
    "DELETE",
    "GOOD",
    "NOTHING",
    "PLAIN",
    "WARNING",
    "Audited",
    "AuditedChangeList",
    "AuditedModelAdmin",
    "AuditedTabularInline",
    "By",
    "CarefulAutocomplete",
    "Consequence",
    "NewestPaginator",
    "ObjectAction",
    "ReadOnlyAdmin",
    "ReadOnlyTabularInline",
    "ThemedInlineFormSet",
    "Values",
    "add_to_pages",
    "admin_of",
    "administrator",
    "badge",
    "button",
    "by",
    "clock",
    "know_details",
    "moment",
    "session_id_of",
    "stored_snapshot",
]


class AuditedTabularInline(Audited, CarefulRelations, ThemedTabularInline):
    """Rows of another kind on an object's page; each has events of its own."""

    extra = 0
    formset = ThemedInlineFormSet
    # The columns say what a row is; its str() would only repeat it above them.
    hide_title = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.audited_inline = self
        for field in formset.form.base_fields.values():
            # The column's head names it for the eye only.
            field.widget.attrs.setdefault("aria-label", capfirst(str(field.label or "")))
        return formset


class ReadOnlyTabularInline(AuditedTabularInline):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AuditedChangeList(UncountedChangeList):
    """Says how many there are without counting twice."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class AuditedModelAdmin(CarefulRelations, CarefulAdmin, AsOpenedAdmin, DeletingAdmin):
    # Relations whose rows the name of an object is made of.
    named_with: tuple[str, ...] = ()
    list_per_page = 50
    show_full_result_count = False
    # Each facet is a count over the whole table.
    show_facets = ShowFacets.NEVER
    list_fullwidth = True
    warn_unsaved_form = True
    # What the sidebar calls the list, where that is not the plural of what it lists.
    list_title: "StrOrPromise" = ""
    # What an empty list says, where "None yet" is not enough.
    nothing_yet: "StrOrPromise" = ""
    # Whether the log says anything about these objects.
    has_history = True
    # Whether the log's search finds what is said about them by their names.
    is_found_in_log = False

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        know_admin(self.kind(), self)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return AuditedChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.named_with) if self.named_with else rows

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField):
            # On its own page, which says what goes with it.
            field.widget.can_delete_related = False
        if isinstance(db_field, TextField) and isinstance(field, CharField):
            field.widget.attrs["rows"] = 3
        return field

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = self.list_title or capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.has_history:
            context["show_history"] = False
        obj = kwargs.get("obj")
        if obj is not None and not kwargs.get("add"):
            # The window is called what the page is about; Django says "Change person" there.
            context |= {"title": str(obj), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    # Django calls log_… when the object and all that hangs on it are saved, in the same transaction.

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.before_change = self.audit_values(obj)
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.record_created(request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.record_changed(request, obj, before=obj.before_change)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: `delete_model` knows more."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self.record_what_goes_along(request, obj)
            before, key = snapshot(obj), obj.pk
            _, removed = obj.delete()
            obj.pk = key  # Django takes it away, and the event names it
            others = {name: count for name, count in removed.items() if count and name != obj._meta.label}
            self.record_deleted(request, obj, before=before, removed=others)

    def record_what_goes_along(self, request: HttpRequest, obj: Model) -> None:
        """Whoever loses something by it has an event of their own; what no admin records is only counted."""
        auditors: dict[type[Model], Audited | None] = {}
        for other in removed_with(obj):
            if type(other) not in auditors:
                auditors[type(other)] = self._auditor_of(type(other))
            auditor = auditors[type(other)]
            if auditor is not None:
                auditor.record_deleted(request, other, before=snapshot(other))

    def _auditor_of(self, model: type[Model]) -> Audited | None:
        admins = [one for one in self.admin_site._registry.values() if isinstance(one, AuditedModelAdmin)]
        for admin in admins:
            if admin.model is model and admin.audit_deleted is not None:
                return admin
        for admin in admins:
            for inline in (*admin.inlines, *additions_to(admin.kind()).inlines):
                if (
                    inline.model is model
                    and issubclass(inline, AuditedTabularInline)
                    and inline.audit_deleted
                ):
                    auditor: Audited = inline(admin.model, self.admin_site)
                    return auditor
        return None

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for obj in queryset:
                if not self.has_delete_permission(request, obj):
                    raise PermissionDenied
                self.delete_model(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        inline: Audited | None = getattr(formset, "audited_inline", None)
        if inline is None:
            raise PermissionDenied(f"The inline for {formset.model.__name__} is not audited.")
        going = formset.deleted_forms
        rows = [row.instance for row in formset.initial_forms if row.has_changed() or row in going]
        before = {row.pk: stored_snapshot(row) for row in rows}
        keys = [(row, row.pk) for row in rows]
        super().save_formset(request, form, formset, change)
        for row, key in keys:
            row.pk = key
        for row in formset.deleted_objects:
            inline.record_deleted(request, row, before=before[row.pk])
        for row, _fields in formset.changed_objects:
            inline.record_changed(request, row, before=before[row.pk])
        for row in formset.new_objects:
            inline.record_created(request, row)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        messages.warning(
            request,
            _("There is no such %(kind)s. It may have been deleted.") % {"kind": opts.verbose_name},
        )
        return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    # The history of an object is what the log says about it.

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if not request.user.has_perm("audit.view_auditevent"):
            raise PermissionDenied
        return redirect(f"{reverse('admin:audit_auditevent_changelist')}?q={object_id}")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """None on the page that adds: what hangs on an object comes after the object."""
        return [*super().get_inlines(request, obj), *additions_to(self.kind()).inlines] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (
            obj is None or passes_guards(request.user, self.kind(), obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and (
            obj is None or passes_guards(request.user, self.kind(), obj)
        )

    # What the audit log asks, to name and link what it shows.

    def names_of(self, keys: Collection[str]) -> dict[str, str]:
        """Of those that exist, by key; the log asks with ids of anything."""
        if not isinstance(self.model._meta.pk, UUIDField):
            return {}
        rows = self.model._base_manager.filter(pk__in=keys)
        if self.named_with:
            rows = rows.select_related(*self.named_with)
        return {str(obj.pk): str(obj) for obj in rows}

    def keys_found(self, request: HttpRequest, term: str, limit: int) -> list[str]:
        """Of objects that the list's own search finds, for those who may look at them."""
        if not (self.is_found_in_log and self.has_view_permission(request)):
            return []
        rows, _ = self.get_search_results(request, self.model._base_manager.all(), term)
        return [str(key) for key in rows.order_by().values_list("pk", flat=True)[:limit]]

    def word(self) -> str:
        return str(self.opts.verbose_name)

    def field_title(self, name: str) -> str:
        """As the object's page calls the field; empty when it has none of that name."""
        labels = getattr(getattr(self.form, "Meta", None), "labels", None) or {}
        field = self._field(name)
        return str(labels.get(name) or (capfirst(field.verbose_name) if field is not None else ""))

    def value_words(self, name: str, value: object) -> str:
        """As the object's page shows one of a field's choices; empty for what is none."""
        choices = dict(getattr(self._field(name), "flatchoices", ()))
        return str(choices.get(value, ""))

    def _field(self, name: str) -> Any:
        return next((one for one in self.opts.get_fields() if one.name == name and one.concrete), None)

    def address_of(self, request: HttpRequest, key: str) -> str:
        """Empty for those who may not look."""
        if not self.has_view_permission(request):
            return ""
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(key,))


class ReadOnlyAdmin(AuditedModelAdmin):
    """Looked at, never changed: what writes these rows is not an administrator."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
