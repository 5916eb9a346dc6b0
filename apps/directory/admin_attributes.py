"""Definitions of the organisation's own attributes in the administration."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.audit.admin_audit import GOOD, AuditedModelAdmin, badge
from apps.core.row_counts import counted
from apps.directory.events import DirectoryAction
from apps.directory.models import RULES, Attribute, AttributeValue
from apps.directory.services.attributes import check_change, lock_definition, why_not_deleted


class ChoicesWidget(UnfoldAdminTextareaWidget):
    def value_omitted_from_data(self, *args: Any) -> bool:
        """What is hidden is not sent, and means that there are none; to Django, that the present ones stay."""
        return False


class ChoicesField(forms.CharField):
    """A list of strings, one a line."""

    widget = ChoicesWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = initial if isinstance(initial, list) else []
        return before != [line.strip() for line in str(data or "").splitlines() if line.strip()]


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    choices = ChoicesField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("For the type Choice: one a line, in their order."),
    )

    class Meta:
        model = Attribute
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    class Media:
        js = (Script("js/fields_of_choice.js", defer=True),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kinds in RULES.items():
            # Absent for those who only look.
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "data-for": " ".join(sorted(kinds)),
                    "data-chosen-by": "kind",
                }

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if self.instance._state.adding or self.errors:
            return
        try:
            check_change(stored=lock_definition(self.instance), wanted=self.instance)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]  # not in the stubs


class AttributeAdmin(AuditedModelAdmin):
    audit_created = DirectoryAction.ATTRIBUTE_CREATED
    audit_changed = DirectoryAction.ATTRIBUTE_CHANGED
    audit_deleted = DirectoryAction.ATTRIBUTE_DELETED
    is_found_in_log = True
    form = AttributeForm
    list_display = ("label", "slug", "kind_label", "shape", "people_count", "state")
    list_filter = ("kind", "is_active", "is_required")
    search_fields = ("label", "slug")
    prepopulated_fields = {"slug": ("label",)}
    nothing_yet = gettext_lazy("None yet. What you define here becomes a field of everybody's record.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("label", "slug"),
                    "kind",
                    "choices",
                    "pattern",
                    ("minimum", "maximum"),
                    "help_text",
                    ("is_required", "is_multivalued"),
                )
            },
        ),
        (
            gettext_lazy("Who may see and change it"),
            {"fields": ("for_person", "for_administrators", "position", "is_active")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(("slug",) if obj is not None else ()))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj is not None else self.prepopulated_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        having = AttributeValue.objects.filter(attribute=OuterRef("pk"), position=0)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(having=counted(having))
        return rows

    def deletion_obstacle(self, objects: QuerySet[Any], now: datetime) -> str:
        return next(filter(None, map(why_not_deleted, objects)), "")

    @admin.display(description=gettext_lazy("Type"), ordering="kind")
    def kind_label(self, obj: Attribute) -> str:
        return obj.get_kind_display()

    @admin.display(description=gettext_lazy("Values"))
    def shape(self, obj: Attribute) -> str:
        words = [_("required")] if obj.is_required else [_("optional")]
        return ", ".join([*words, *([_("several")] if obj.is_multivalued else [])])

    @admin.display(description=gettext_lazy("People who have it"), ordering="having")
    def people_count(self, obj: Any) -> int:
        count: int = obj.having
        return count

    @admin.display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, obj: Attribute) -> str:
        return badge(_("In use"), GOOD) if obj.is_active else badge(_("Out of use"))
