"""What is read from requests and what stands in answers, said once for the program and the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.errors import Fault, InvalidFields, InvalidQuery

UNKNOWN = _("There is no such field to be set here.")
UNKNOWN_PARAMETER = _("There is no such parameter here.")
WRONG_TYPE = _("This value has another type than the one that belongs here.")
BIGGEST_PAGE = 200
USUAL_PAGE = 50


def _has_type_of(field: Any, value: Any) -> bool:
    if value is None or getattr(field, "judges_types", False):
        return True  # the field says itself whether it may be empty, or what it may be
    match field:
        case serializers.BooleanField():
            return isinstance(value, bool)
        case serializers.IntegerField():
            return isinstance(value, int) and not isinstance(value, bool)
        case serializers.ListField():
            return isinstance(value, list) and all(_has_type_of(field.child, one) for one in value)
    return isinstance(value, str)


class Input(serializers.Serializer[Any]):
    """Fields that it does not have are refused, never passed over: whoever sends `is_superuser` is told."""

    unknown = UNKNOWN

    def to_internal_value(self, data: Any) -> Any:
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            refusal = [ErrorDetail(str(self.unknown), "unknown")]
            errors = {str(name): refusal for name in data if name not in self.fields}
            errors |= self._too_long(data) | self._of_wrong_type(data)
        try:
            found = super().to_internal_value(data)
        except ValidationError as error:
            detail: Any = error.detail
            errors |= {name: said for name, said in detail.items() if name not in errors}
        if errors:
            raise ValidationError(errors)
        return found

    def _too_long(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Counted as they were sent, as the document's `maxLength` says: with the spaces around them."""
        return {
            name: [
                ErrorDetail(
                    str(field.error_messages["max_length"]).format(max_length=field.max_length), "max_length"
                )
            ]
            for name, field in self.fields.items()
            if isinstance(field, serializers.CharField)
            and field.max_length is not None
            and isinstance(data.get(name), str)
            and len(data[name]) > field.max_length
        }

    def _of_wrong_type(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing is turned into what it is not: 1 is no text, and "yes" is not true."""
        return {
            name: [ErrorDetail(str(WRONG_TYPE), "wrong_type")]
            for name, field in self.fields.items()
            if name in data and not _has_type_of(field, data[name])
        }


class Query(Input):
    """Parameters of an address, all of which come as text."""

    unknown = UNKNOWN_PARAMETER

    def _of_wrong_type(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {}


class PageQuery(Query):
    limit = serializers.IntegerField(
        min_value=1, max_value=BIGGEST_PAGE, default=USUAL_PAGE, help_text="How many at most."
    )
    cursor = serializers.CharField(
        max_length=1000,
        required=False,
        help_text="Where to go on: `next_cursor` of the page before, with the same other parameters.",
    )


class Output(serializers.Serializer[Any]):
    """What stands in answers."""


def read_body(serializer: type[Input], data: Any, *, is_partial: bool) -> dict[str, Any]:
    """Raises: InvalidFields."""
    reader = serializer(data=data, partial=is_partial)
    if not reader.is_valid():
        raise InvalidFields(faults=tuple(_faults(reader.errors, "#")))
    values: dict[str, Any] = reader.validated_data
    return values


def read_query(serializer: type[Query], parameters: Any) -> dict[str, Any]:
    """Raises: InvalidQuery."""
    twice = [name for name, values in parameters.lists() if len(values) > 1]
    if twice:
        raise InvalidQuery(
            faults=tuple(Fault("Send it once.", "repeated", parameter=name[:100]) for name in twice)
        )
    reader = serializer(data=parameters.dict())
    if not reader.is_valid():
        faults = _faults(reader.errors, "#")
        raise InvalidQuery(
            faults=tuple(
                Fault(fault.detail, fault.code, parameter=fault.pointer.removeprefix("#/"))
                for fault in faults
            )
        )
    values: dict[str, Any] = reader.validated_data
    return values


def as_faults(error: DjangoValidationError) -> tuple[Fault, ...]:
    """What a model says about itself."""
    if not hasattr(error, "error_dict"):
        return tuple(Fault(message) for message in error.messages)
    return tuple(
        Fault(message, one.code or "invalid", pointer="" if name == "__all__" else f"#/{name}")
        for name, errors in error.error_dict.items()
        for one in errors
        for message in one.messages
    )


def _faults(errors: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            # Spec: RFC 6901 §3.
            step = str(name)[:100].replace("~", "~0").replace("/", "~1")
            yield from _faults(inner, pointer if name == "non_field_errors" else f"{pointer}/{step}")
    elif isinstance(errors, list):
        for inner in errors:
            yield from _faults(inner, pointer)
    else:
        yield Fault(str(errors), getattr(errors, "code", None) or "invalid", pointer=pointer)
