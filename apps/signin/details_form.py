"""The form of what people say of themselves: a field for each attribute that they may change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from apps.directory.selectors.attributes import OwnAttribute

FIELD = "attribute_"
LONGEST_FIELD = 12_000
INPUT = {"class": "input"}
# Browsers help to type these; what is typed is judged by the attribute's rules.
INPUT_TYPES = {"email": "email", "url": "url", "date": "date"}


class Boxes(forms.CheckboxSelectMultiple):
    """All of them together have an id, to which the summary of what is wrong leads."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_ if index is None else super().id_for_label(id_, index)


class DetailsForm(forms.Form):
    """`opened` is what the page showed."""

    opened = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, attributes: Sequence[OwnAttribute], opened: str) -> None:
        super().__init__(data, initial={"opened": opened})
        for one in attributes:
            self.fields[FIELD + one.definition.slug] = OwnAttributeField(one)

    def given(self) -> dict[str, list[str]]:
        """By the attribute's name, what was typed for it."""
        return {
            name.removeprefix(FIELD): values
            for name, values in self.cleaned_data.items()
            if name.startswith(FIELD)
        }

    @property
    def questions(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith(FIELD)]


class OwnAttributeField(forms.Field):
    """Its value is what was typed, one string for each value. Whether it is a value, the directory says."""

    def __init__(self, attribute: OwnAttribute) -> None:
        self.attribute = attribute
        kind, is_multivalued = attribute.definition.kind, attribute.definition.is_multivalued
        self.has_boxes = is_multivalued and kind == "choice"
        self.has_lines = is_multivalued and not self.has_boxes
        hints = [attribute.definition.help_text]
        if self.has_lines:
            hints.append(_("One a line."))
        if kind == "person":
            hints.append(_("By their user name."))
        super().__init__(
            label=attribute.definition.label,
            help_text=" ".join(filter(None, hints)),
            # The service says so, with all else that is wrong.
            required=False,
            widget=self._widget(kind),
            initial=self._initial(),
        )

    def _widget(self, kind: str) -> forms.Widget:
        if self.has_lines:
            return forms.Textarea(attrs={**INPUT, "rows": 3, "maxlength": LONGEST_FIELD})
        if self.has_boxes:
            return Boxes(choices=self._choices())
        if kind == "choice":
            return forms.Select(attrs=INPUT, choices=[("", _("Not stated")), *self._choices()])
        if kind == "boolean":
            answers = [("", _("Not stated")), ("true", _("Yes")), ("false", _("No"))]
            return forms.Select(attrs=INPUT, choices=answers)
        attrs = {**INPUT, "inputmode": "decimal"} if kind == "number" else {**INPUT}
        widget = forms.TextInput(attrs={**attrs, "maxlength": LONGEST_FIELD})
        widget.input_type = INPUT_TYPES.get(kind, "text")
        return widget

    def _choices(self) -> list[tuple[str, str]]:
        """With what is on record even if it is offered no more."""
        offered = self.attribute.definition.choices
        kept = [value for value in self.attribute.typed if value not in offered]
        return [(choice, choice) for choice in [*offered, *kept]]

    def _initial(self) -> Any:
        if self.has_boxes:
            return self.attribute.typed
        return "\n".join(self.attribute.typed)

    def clean(self, value: Any) -> list[str]:
        if self.has_boxes:
            several = value or []
        else:
            several = str(value or "").splitlines() if self.has_lines else [str(value or "")]
        return [text for text in (str(one).strip() for one in several) if text]
