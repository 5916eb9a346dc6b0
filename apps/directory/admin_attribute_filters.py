"""The list of people by what they have of the organisation's own attributes."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.directory.models import Attribute
from apps.directory.selectors.attributes import attributes_in_use, with_value_typed


class AttributeFilter(ListFilter):
    """Which attribute, and which value: one filter for all of them, however many there are."""

    title = gettext_lazy("attribute")
    template = "admin/directory/attribute_filter.html"
    parameter_names = ("attribute", "value")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameter_names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.attributes: list[Attribute] = attributes_in_use()

    def has_output(self) -> bool:
        return bool(self.attributes) or bool(self.used_parameters)

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One, for the template: what was asked, and what else the address asks for."""
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in (*self.parameter_names, SEARCH_VAR)
            for value in values
        ]
        if changelist.query:
            others.append((SEARCH_VAR, changelist.query))
        yield {
            "attributes": self.attributes,
            "chosen": self.used_parameters.get("attribute", ""),
            "value": self.used_parameters.get("value", ""),
            "others": others,
            "query_string": changelist.get_query_string(remove=self.parameter_names),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        slug, typed = (str(self.used_parameters.get(name, "")).strip() for name in self.parameter_names)
        if not slug:
            return queryset
        attribute = next((one for one in self.attributes if one.slug == slug), None)
        return queryset.none() if attribute is None else with_value_typed(queryset, attribute, typed)
