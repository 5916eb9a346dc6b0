"""What people have of the organisation's own attributes, as JSON has it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.directory.models import LONGEST_VALUE, MOST_VALUES
from apps.directory.selectors.attributes import plain_values_of
from apps.directory.services.attributes import Given

ONE: dict[str, Any] = {"anyOf": [{"type": "string", "maxLength": LONGEST_VALUE}, {"type": "boolean"}]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [*ONE["anyOf"], {"type": "array", "items": ONE, "maxItems": MOST_VALUES}, {"type": "null"}]
    },
}


@extend_schema_field(SCHEMA)
class AttributeValues(serializers.Field[Any, Any, Any, Any]):
    judges_types = True
    default_error_messages = {
        "not_values": _("Each value is a text, true or false, null, or a list of texts."),
    }

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping) or not all(map(_is_value, data.values())):
            self.fail("not_values")
        return data


def as_typed(values: Mapping[str, Any]) -> Given:
    """As people type them in the administration."""
    return {name: [_typed(one) for one in _listed(value)] for name, value in values.items()}


def with_attributes(people: list[Any]) -> list[Any]:
    """Each with `attributes_shown`, in one statement for all."""
    found = plain_values_of(user_ids=[person.pk for person in people])
    for person in people:
        person.attributes_shown = found[person.pk]
    return people


def _is_one(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= LONGEST_VALUE)


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_VALUES and all(map(_is_one, value))
    return value is None or _is_one(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _typed(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()
