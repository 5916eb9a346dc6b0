"""Where people and units stand in the organisation's tree."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.ports import Subject
from apps.directory.models import Unit, User

BETWEEN = " / "


def unit_subject(unit: Unit) -> Subject:
    return Subject(kind="unit", id=str(unit.pk), label=unit.name)


def units_below(unit: Unit) -> QuerySet[Unit]:
    """The unit itself, and all that is part of it."""
    return Unit.objects.filter(path__startswith=unit.path)


def units_above(unit: Unit) -> list[Unit]:
    """From the top down to the unit itself."""
    return sorted(Unit.objects.filter(pk__in=_keys(unit)), key=lambda one: len(one.path))


def people_below(unit: Unit) -> QuerySet[User]:
    return User.objects.filter(unit__in=units_below(unit).order_by().values("pk"))


def places_in_words(units: Collection[Unit]) -> dict[UUID, str]:
    """For each unit the names from the top down to it, in one statement for all."""
    keys = {key for unit in units for key in _keys(unit)}
    names = dict(Unit.objects.filter(pk__in=keys).values_list("pk", "name"))
    return {unit.pk: BETWEEN.join(names[key] for key in _keys(unit) if key in names) for unit in units}


def head_of(user: User) -> User | None:
    """Who leads the unit that the person is in; for the head themselves, who leads the one above."""
    if user.unit is None:
        return None
    led = Unit.objects.filter(pk__in=_keys(user.unit), head__isnull=False).select_related("head")
    above = sorted(led, key=lambda one: -len(one.path))
    return next((one.head for one in above if one.head_id != user.pk), None)


def department_of(user: User) -> str:
    """What the record says; where it says nothing, the unit's name."""
    return user.department or (user.unit.name if user.unit else "")


def _keys(unit: Unit) -> list[UUID]:
    return [UUID(key) for key in unit.path.split("/") if key]
