"""The rights of a role as check boxes: a line for each kind of object, under the areas of the sidebar."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Permission
from django.forms import ModelMultipleChoiceField
from django.forms.models import ModelChoiceIterator
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.access.admin_rights import RightWords, name_of_right, rights_in_words


class RightsByArea(ModelChoiceIterator):  # type: ignore[type-arg]  # generic in the stubs only
    def __iter__(self) -> Iterator[Any]:
        rows = {name_of_right(right): right for right in self.queryset}
        areas: dict[str, list[tuple[Any, RightWords]]] = {}
        for name, words in rights_in_words().items():
            if name in rows:
                key, _label = self.choice(rows[name])
                areas.setdefault(words.area, []).append((key, words))
        yield from areas.items()


class RightsWidget(UnfoldAdminCheckboxSelectMultipleWidget):
    template_name = "admin/access/rights.html"
    option_template_name = "django/forms/widgets/input.html"


class RightsField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    iterator = RightsByArea
    widget = RightsWidget

    def label_from_instance(self, obj: Permission) -> str:
        return name_of_right(obj)
