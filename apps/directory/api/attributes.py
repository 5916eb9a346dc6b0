"""The organisation's own attributes of people: which values they take, and whose business they are."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.audit.services.changes import Writing
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.directory.api.scopes import ADD_ATTRIBUTES, CHANGE_ATTRIBUTES, DELETE_ATTRIBUTES, SEE_ATTRIBUTES
from apps.directory.models import LONGEST_VALUE, MOST_CHOICES, Attribute
from apps.directory.services.attribute_definitions import (
    change_attribute,
    create_attribute,
    delete_attribute,
)


class AttributeShown(Output):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # declared, not set
    kind = serializers.ChoiceField(Attribute.Kind.choices)
    help_text = serializers.CharField()  # type: ignore[assignment]  # declared, not set
    is_required = serializers.BooleanField()
    is_multivalued = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())
    pattern = serializers.CharField()
    minimum = serializers.DecimalField(18, 6, allow_null=True)
    maximum = serializers.DecimalField(18, 6, allow_null=True)
    for_person = serializers.ChoiceField(Attribute.ForPerson.choices)
    for_administrators = serializers.ChoiceField(Attribute.ForAdministrators.choices)
    is_active = serializers.BooleanField()
    position = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class AttributesQuery(PageQuery):
    slug = serializers.CharField(max_length=50, required=False)


class AttributeChange(Input):
    label = serializers.CharField(max_length=100, required=False)  # type: ignore[assignment]  # declared, not set
    kind = serializers.ChoiceField(
        Attribute.Kind.choices, required=False, help_text="It stays while anybody has a value."
    )
    help_text = serializers.CharField(max_length=300, allow_blank=True, required=False)  # type: ignore[assignment]  # declared, not set
    is_required = serializers.BooleanField(required=False)
    is_multivalued = serializers.BooleanField(required=False)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_VALUE), max_length=MOST_CHOICES, required=False
    )
    pattern = serializers.CharField(
        max_length=200, allow_blank=True, trim_whitespace=False, required=False, help_text="For text."
    )
    minimum = serializers.DecimalField(18, 6, allow_null=True, required=False)
    maximum = serializers.DecimalField(18, 6, allow_null=True, required=False)
    for_person = serializers.ChoiceField(Attribute.ForPerson.choices, required=False)
    for_administrators = serializers.ChoiceField(Attribute.ForAdministrators.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=9999, required=False)


class NewAttribute(AttributeChange):
    label = serializers.CharField(max_length=100)
    slug = serializers.RegexField(
        r"^[a-z][a-z0-9_]*$", max_length=50, help_text="What programs call it. It cannot be changed later."
    )


class AttributesApi(ApiView):
    tag = "Attributes"
    shown = AttributeShown


class AttributesView(AttributesApi):
    @operation(
        "list_attributes",
        "List attributes of people",
        SEE_ATTRIBUTES,
        query=AttributesQuery,
        answer=AttributeShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        rows = Attribute.objects.all()
        if "slug" in self.query:
            rows = rows.filter(slug=self.query["slug"])
        return self.show_page(page_of(rows, self.query))

    @operation(
        "create_attribute",
        "Define an attribute",
        ADD_ATTRIBUTES,
        body=NewAttribute,
        answer=AttributeShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        """It becomes a field of everybody's record."""
        attribute = create_attribute(details=_with_choices(self.body()), writing=Writing.of(self))
        location = reverse("api:attribute", args=(attribute.pk,))
        return self.show(self._stored(attribute.pk), status=HTTPStatus.CREATED, location=location)

    def _stored(self, key: UUID) -> Any:
        return self.one_of(Attribute.objects.all(), key)


class AttributeView(AttributesApi):
    @operation("get_attribute", "One attribute", SEE_ATTRIBUTES, answer=AttributeShown, has_etag=True)
    def get(self, request: Any, attribute_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Attribute.objects.all(), attribute_id))

    @operation(
        "change_attribute",
        "Change an attribute",
        CHANGE_ATTRIBUTES,
        body=AttributeChange,
        is_partial=True,
        answer=AttributeShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, attribute_id: UUID) -> HttpResponse:
        """Refused where a value that somebody has would lose its meaning."""
        changes = _with_choices(self.body())
        with transaction.atomic():
            change_attribute(
                attribute=self._to_be_changed(attribute_id), changes=changes, writing=Writing.of(self)
            )
            return self.show(self.one_of(Attribute.objects.all(), attribute_id))

    @operation(
        "delete_attribute",
        "Delete an attribute",
        DELETE_ATTRIBUTES,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, attribute_id: UUID) -> HttpResponse:
        """One that nobody has a value of; others are taken out of use."""
        with transaction.atomic():
            delete_attribute(attribute=self._to_be_changed(attribute_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, attribute_id: UUID) -> Attribute:
        attribute: Attribute = self.locked(Attribute.objects.all(), attribute_id)
        self.expect_guards_pass("attribute", attribute)
        self.expect_unchanged(attribute)
        return attribute


def _with_choices(values: dict[str, Any]) -> dict[str, Any]:
    """Each once, in their order."""
    if "choices" not in values:
        return values
    return {**values, "choices": list(dict.fromkeys(values["choices"]))}
