"""The organisation's tree."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.core.api.errors import Fault, InvalidQuery
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import NONE_THERE, there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.directory.api.scopes import ADD_UNITS, CHANGE_UNITS, DELETE_UNITS, SEE_UNITS
from apps.directory.models import Unit
from apps.directory.selectors import people
from apps.directory.selectors.units import units_below
from apps.directory.services.units import UnitDetails, change_unit, create_unit, delete_unit, lock_tree


class UnitShown(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Unit.Kind.choices)
    code = serializers.CharField(help_text="What other systems know it by; empty where there is none.")
    parent = serializers.UUIDField(source="parent_id", allow_null=True, help_text="What it is part of.")  # type: ignore[assignment]  # declared, not set
    head = serializers.UUIDField(source="head_id", allow_null=True)
    level = serializers.IntegerField(help_text="How many units lie above it.")
    created_at = serializers.DateTimeField()


class UnitsQuery(PageQuery):
    parent = serializers.UUIDField(required=False, help_text="What is directly part of it.")  # type: ignore[assignment]  # declared, not set
    below = serializers.UUIDField(required=False, help_text="The unit itself, and all that is part of it.")
    code = serializers.CharField(max_length=64, required=False)


class NewUnit(Input):
    name = serializers.CharField(max_length=150)
    kind = serializers.ChoiceField(Unit.Kind.choices, default=Unit.Kind.DEPARTMENT)
    code = serializers.CharField(max_length=64, allow_blank=True, default="")
    parent = serializers.UUIDField(allow_null=True, default=None)  # type: ignore[assignment]  # declared, not set
    head = serializers.UUIDField(allow_null=True, default=None)


class UnitChange(Input):
    name = serializers.CharField(max_length=150, required=False)
    kind = serializers.ChoiceField(Unit.Kind.choices, required=False)
    code = serializers.CharField(max_length=64, allow_blank=True, required=False)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # declared, not set
        allow_null=True, required=False, help_text="With another one all that is below the unit moves along."
    )
    head = serializers.UUIDField(allow_null=True, required=False)


class UnitsApi(ApiView):
    tag = "Organisation"
    shown = UnitShown

    def named(self, values: dict[str, Any]) -> dict[str, Any]:
        """With rows where the body has ids. Raises: InvalidFields."""
        rows = {"parent": Unit.objects.all(), "head": people()}
        found = {
            name: there(rows[name], values[name], f"#/{name}")
            for name in rows
            if values.get(name) is not None
        }
        return {**values, **found}


class UnitsView(UnitsApi):
    @operation("list_units", "List units", SEE_UNITS, query=UnitsQuery, answer=UnitShown, is_list=True)
    def get(self, request: Any) -> HttpResponse:
        rows = Unit.objects.all()
        if "below" in self.query:
            rows = units_below(self._named_in_query(self.query["below"]))
        if "parent" in self.query:
            rows = rows.filter(parent=self.query["parent"])
        if "code" in self.query:
            rows = rows.filter(code=self.query["code"]).exclude(code="")
        return self.show_page(page_of(rows, self.query))

    def _named_in_query(self, key: UUID) -> Unit:
        unit = Unit.objects.filter(pk=key).first()
        if unit is None:
            fault = Fault(str(NONE_THERE), "does_not_exist", parameter="below")
            raise InvalidQuery(faults=(fault,))
        return unit

    @operation(
        "create_unit",
        "Add a unit",
        ADD_UNITS,
        body=NewUnit,
        answer=UnitShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        details = UnitDetails(**self.named(self.body()))
        unit = create_unit(details=details, actor=self.caller.actor, origin=self.origin, now=self.now)
        return self.show(unit, status=HTTPStatus.CREATED, location=reverse("api:unit", args=(unit.pk,)))


class UnitView(UnitsApi):
    @operation("get_unit", "One unit", SEE_UNITS, answer=UnitShown, has_etag=True)
    def get(self, request: Any, unit_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Unit.objects.all(), unit_id))

    @operation(
        "change_unit",
        "Change or move a unit",
        CHANGE_UNITS,
        body=UnitChange,
        is_partial=True,
        answer=UnitShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, unit_id: UUID) -> HttpResponse:
        changes = self.named(self.body())
        with transaction.atomic():
            unit = self._to_be_changed(unit_id)
            present = {name: getattr(unit, name) for name in UnitDetails.__dataclass_fields__}
            change_unit(
                unit=unit,
                details=UnitDetails(**{**present, **changes}),
                actor=self.caller.actor,
                origin=self.origin,
                now=self.now,
            )
            return self.show(self.one_of(Unit.objects.all(), unit_id))

    @operation(
        "delete_unit",
        "Delete a unit",
        DELETE_UNITS,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, unit_id: UUID) -> HttpResponse:
        """One that nobody belongs to and nothing is part of."""
        with transaction.atomic():
            delete_unit(
                unit=self._to_be_changed(unit_id),
                actor=self.caller.actor,
                origin=self.origin,
                now=self.now,
            )
        return self.done()

    def _to_be_changed(self, unit_id: UUID) -> Unit:
        # In this order everywhere, or two could wait for each other.
        lock_tree()
        unit: Unit = self.locked(Unit.objects.select_related("parent", "head"), unit_id)
        self.expect_guards_pass("unit", unit)
        self.expect_unchanged(unit)
        return unit
