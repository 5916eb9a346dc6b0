"""The organisation's tree in the administration: one level at a time, or what a search finds anywhere."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import NOTHING, AuditedChangeList, AuditedModelAdmin, button, by
from apps.core.row_counts import counted
from apps.directory.admin_belonging import as_key, people_list_of
from apps.directory.models import Unit, User
from apps.directory.selectors.units import people_below, places_in_words, units_above
from apps.directory.services.units import (
    UnitDetails,
    change_unit,
    create_unit,
    delete_unit,
    why_not_deleted,
    why_not_placed,
)

WHOLE_TREE = "all"


def level_address(unit: Unit | None) -> str:
    """The list of what is directly part of the unit."""
    page = reverse("admin:directory_unit_changelist")
    return page if unit is None else f"{page}?place={unit.pk}"


class PlaceFilter(SimpleListFilter):
    title = gettext_lazy("place")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        unit = self.unit()
        here = [(str(unit.pk), _("In %(unit)s") % {"unit": unit})] if unit is not None else []
        return [*here, (WHOLE_TREE, gettext_lazy("The whole tree"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": gettext_lazy("Top of the tree")} if number == 0 else choice

    def unit(self) -> Unit | None:
        key = as_key(self.used_parameters.get(self.parameter_name))
        return Unit.objects.filter(pk=key).first() if key else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == WHOLE_TREE:
            return queryset
        if value is not None:
            return queryset.filter(parent=as_key(value)) if as_key(value) else queryset.none()
        return queryset if request.GET.get(SEARCH_VAR) else queryset.filter(parent__isnull=True)


class UnitChangeList(AuditedChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        units: list[Any] = list(self.result_list)
        is_one_level = request.GET.get("place", WHOLE_TREE) != WHOLE_TREE
        places = {} if is_one_level else places_in_words(units)
        for unit in units:
            unit.place = places.get(unit.pk, "")
        self.result_list = units


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Unit
        fields = ("name", "kind", "code", "parent", "head")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        parent = self.cleaned_data.get("parent")
        if "parent" in self.changed_data and parent is not None:
            refusal = why_not_placed(unit=self.instance, parent=parent)
            if refusal:
                self.add_error("parent", refusal)
        return cleaned


class UnitAdmin(AuditedModelAdmin):
    list_title = gettext_lazy("Organisation")
    is_found_in_log = True
    form = UnitForm
    list_display = ("unit", "kind_label", "head_name", "unit_count", "people_count")
    list_select_related = ("head",)
    list_filter = (PlaceFilter, "kind")
    list_before_template = "admin/directory/unit_place.html"
    search_fields = ("name", "code")
    search_help_text = gettext_lazy("Name or code, anywhere in the tree")
    autocomplete_fields = ("parent", "head")
    fields = ("name", "kind", "code", "parent", "head")
    readonly_fields = ("where", "who")
    nothing_yet = gettext_lazy(
        "Nothing is here. Add a unit, a company for example, and then what is part of it."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return UnitChangeList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj is None else (*self.fields, "where", "who")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                units=counted(Unit.objects.filter(parent=OuterRef("pk"))),
                members=counted(User.objects.filter(unit=OuterRef("pk"))),
            )
        )
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        key = as_key(request.GET.get("place"))
        unit = Unit.objects.filter(pk=key).first() if key else None
        above = units_above(unit) if unit is not None else []
        places = [
            (_("Top of the tree"), level_address(None)),
            *((one.name, level_address(one)) for one in above),
        ]
        more = {"places": places} if above else {}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    # Through the services, which record what they do ---------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        details = UnitDetails(**{name: form.cleaned_data[name] for name in UnitForm.Meta.fields})
        own = by(request)
        if change:
            change_unit(unit=obj, details=details, actor=own.actor, origin=own.origin, now=own.now)
            return
        created = create_unit(details=details, actor=own.actor, origin=own.origin, now=own.now)
        obj.__dict__.update(created.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has recorded it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has recorded it."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        own = by(request)
        delete_unit(unit=obj, actor=own.actor, origin=own.origin, now=own.now)

    def deletion_obstacle(self, objects: QuerySet[Any], now: datetime) -> str:
        return next(filter(None, map(why_not_deleted, objects)), "")

    # How it looks --------------------------------------------------------------------------------------------------

    def page_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        people = people_list_of(request, "unit", obj.pk)
        below = [button(_("Units in it"), "account_tree", level_address(obj))] if obj.units else []
        return [*below, *([button(_("People"), "group", people)] if people else [])]

    @admin.display(description=gettext_lazy("Unit"), ordering="name")
    def unit(self, obj: Any) -> str:
        place: str = getattr(obj, "place", "")
        if place in {"", obj.name}:
            return str(obj.name)
        return format_html('<span class="stacked">{} <small>{}</small></span>', obj.name, place)

    @admin.display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_label(self, obj: Unit) -> str:
        return obj.get_kind_display()

    @admin.display(description=gettext_lazy("Head"), ordering="head__display_name")
    def head_name(self, obj: Unit) -> str:
        return str(obj.head) if obj.head else NOTHING

    @admin.display(description=gettext_lazy("Units in it"), ordering="units")
    def unit_count(self, obj: Any) -> str:
        if not obj.units:
            return NOTHING
        words = ngettext("%(count)d unit", "%(count)d units", obj.units) % {"count": obj.units}
        return format_html('<a class="text-link" href="{}">{}</a>', level_address(obj), words)

    @admin.display(description=gettext_lazy("People in it"), ordering="members")
    def people_count(self, obj: Any) -> int:
        count: int = obj.members
        return count

    @admin.display(description=gettext_lazy("Place"))
    def where(self, obj: Unit) -> str:
        return places_in_words([obj])[obj.pk]

    @admin.display(description=gettext_lazy("People in it and below"))
    def who(self, obj: Unit) -> int:
        return people_below(obj).count()
