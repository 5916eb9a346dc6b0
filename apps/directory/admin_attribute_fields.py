"""What people have of the organisation's own attributes, as fields of the forms of their records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from apps.audit.admin_audit import NOTHING, CarefulAutocomplete
from apps.directory.admin_picked_person import name_and_username
from apps.directory.attribute_values import Value, typed_value
from apps.directory.models import Attribute, AttributeValue, User
from apps.directory.selectors.attributes import in_words, values_of
from apps.directory.services.attributes import Given, why_not_values

Kind = Attribute.Kind
FIELD = "attribute_"


def fields_for(attributes: Sequence[Attribute], person: User | None) -> dict[str, forms.Field]:
    """By the names that the form has for them."""
    stored = {} if person is None else values_of(user_ids=[person.pk])[person.pk]
    return {
        FIELD + attribute.slug: AttributeField(attribute, stored.get(attribute.slug, []))
        for attribute in attributes
    }


def given_in(form: Any) -> Given:
    """What was filled in otherwise than it stands on record."""
    return {
        name.removeprefix(FIELD): form.cleaned_data[name]
        for name in form.changed_data
        if name.startswith(FIELD)
    }


class AttributeField(forms.Field):
    """Its value is what was typed, one string for each value."""

    def __init__(self, attribute: Attribute, stored: Sequence[Value]) -> None:
        self.attribute, self.stored = attribute, stored
        help_text = attribute.help_text
        if self._has_lines():
            help_text = f"{help_text} {_('One a line.')}".strip()
        super().__init__(
            label=attribute.label,
            help_text=help_text,
            required=attribute.is_required,
            widget=self._widget(),
            initial=self._initial(),
        )

    def _has_lines(self) -> bool:
        return self.attribute.is_multivalued and self.attribute.kind != Kind.CHOICE

    def _initial(self) -> Any:
        plain = [typed_value(value) for value in self.stored]
        if self.attribute.kind == Kind.PERSON and self.attribute.is_multivalued:
            names = User.objects.in_bulk([value for value in self.stored if value])
            plain = [names[value].username for value in self.stored if value in names]
        if self._has_lines():
            return "\n".join(plain)
        if self.attribute.is_multivalued:
            return plain
        if self.attribute.kind == Kind.DATE:
            return self.stored[0] if self.stored else None
        return plain[0] if plain else None

    def _widget(self) -> forms.Widget:
        attribute = self.attribute
        if self._has_lines():
            return UnfoldAdminTextareaWidget(attrs={"rows": 3})
        match attribute.kind:
            case Kind.CHOICE if attribute.is_multivalued:
                return UnfoldAdminCheckboxSelectMultipleWidget(choices=self._choices())
            case Kind.CHOICE:
                return UnfoldAdminSelectWidget(choices=[("", "---------"), *self._choices()])
            case Kind.BOOLEAN:
                return UnfoldAdminSelectWidget(
                    choices=[("", "---------"), ("true", _("Yes")), ("false", _("No"))]
                )
            case Kind.DATE:
                return UnfoldAdminSingleDateWidget()
            case Kind.EMAIL:
                return UnfoldAdminEmailInputWidget()
            case Kind.URL:
                return UnfoldAdminURLInputWidget()
            case Kind.PERSON:
                # The field that people are looked up for in the same way.
                widget = CarefulAutocomplete(User._meta.get_field("manager"), admin.site)
                people: Any = forms.ModelChoiceField(User.objects.all(), required=False)
                people.label_from_instance = name_and_username
                widget.choices = people.choices
                return widget
        is_number = attribute.kind == Kind.NUMBER
        return UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"} if is_number else None)

    def _choices(self) -> list[tuple[str, str]]:
        """With what is on record even if it is offered no more."""
        kept = [str(value) for value in self.stored if value not in self.attribute.choices]
        return [(choice, choice) for choice in [*self.attribute.choices, *kept]]

    def clean(self, value: Any) -> list[str]:
        typed = self._typed(value)
        if self.required and not typed:
            raise ValidationError(self.error_messages["required"], code="required")
        refusal = why_not_values(attribute=self.attribute, typed=typed, stored=self.stored)
        if refusal:
            raise ValidationError(refusal, code="invalid")
        return typed

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self._typed(initial) != self._typed(data)
        except ValidationError:
            return True

    def _typed(self, value: Any) -> list[str]:
        if value is None:
            return []
        if self.attribute.kind == Kind.DATE and not self._has_lines():
            day = forms.DateField(required=False).clean(value)
            return [day.isoformat()] if day else []
        if self._has_lines():
            value = str(value).splitlines()
        several = value if isinstance(value, list) else [value]
        return [text for text in (str(one).strip() for one in several) if text]


@dataclass(frozen=True)
class ShownAttribute:
    """A field of a page that is only read, which Django takes as a function; equal to any other of the same."""

    slug: str
    short_description: str

    @property
    def __name__(self) -> str:
        return FIELD + self.slug

    def __call__(self, person: User) -> str:
        rows = AttributeValue.objects.filter(user=person, attribute__slug=self.slug).select_related("person")
        words = [in_words(row) for row in rows.order_by("position")]
        return format_html_join(", ", "{}", ((word,) for word in words)) or NOTHING
