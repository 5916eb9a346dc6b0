"""Saving what is valid."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import Model


def save_valid(obj: Model, *, is_new: bool = False, unchecked: Collection[str] = ()) -> None:
    """Of two who save what only one may have, the slower is told as if the other had been there before.

    Raises: ValidationError, naming the fields that were not accepted.
    """
    obj.full_clean(exclude=unchecked)
    try:
        with transaction.atomic():
            obj.save(force_insert=is_new)
    except IntegrityError:
        obj.full_clean(exclude=unchecked)
        raise
