"""What a body names by its id."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.api.errors import Fault, InvalidFields

NONE_THERE = _("There is none with this id.")


def there(rows: Any, key: UUID, pointer: str) -> Any:
    """Raises: InvalidFields."""
    found = rows.filter(pk=key).first()
    if found is None:
        raise InvalidFields(faults=(Fault(str(NONE_THERE), "does_not_exist", pointer=pointer),))
    return found
