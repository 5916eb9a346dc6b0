"""What the pickers of the administration find as somebody types."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView

from apps.audit.admin_queries import picked_as


class PickerResults(AutocompleteJsonView):
    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": picked_as(self.model_admin, obj)}
