"""The organisation's tree: making units, changing and moving them, and taking away what nobody uses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.translation import gettext as _

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import UnitInUse, UnitRefused
from apps.directory.events import DirectoryAction
from apps.directory.models import MOST_LEVELS, Unit, User
from apps.directory.selectors.units import unit_subject, units_below

# Any number that nothing else in this database locks by.
TREE_LOCK = 0x74726565


@dataclass(frozen=True)
class UnitDetails:
    name: str
    kind: str = Unit.Kind.DEPARTMENT
    code: str = ""
    parent: Unit | None = None
    head: User | None = None


def lock_tree() -> None:
    """One change of the tree at a time. SQLite's write transactions exclude each other anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


@transaction.atomic
def create_unit(*, details: UnitDetails, actor: Subject, origin: Origin, now: datetime) -> Unit:
    """Raises: UnitRefused, naming the first field that was not accepted."""
    lock_tree()
    unit = Unit(**_fields(details), created_at=now)
    _place(unit)
    _validate(unit)
    unit.save(force_insert=True)
    record_event(
        action=DirectoryAction.UNIT_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=unit_subject(unit),
        after=_plain(unit),
    )
    return unit


@transaction.atomic
def change_unit(*, unit: Unit, details: UnitDetails, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether this changed anything. With another parent all that is below the unit moves along.

    Raises: UnitRefused, naming the first field that was not accepted.
    """
    lock_tree()
    stored = Unit.objects.select_for_update().get(pk=unit.pk)
    before, old_path = _plain(stored), stored.path
    for name, value in _fields(details).items():
        setattr(stored, name, value)
    _place(stored)
    _validate(stored)
    after = _plain(stored)
    names = [name for name in after if before[name] != after[name]]
    if names:
        if stored.path != old_path:
            _move(old_path, stored.path)
        stored.save(update_fields=[*_fields(details), "path"])
        record_event(
            action=DirectoryAction.UNIT_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=unit_subject(stored),
            before={name: before[name] for name in names},
            after={name: after[name] for name in names},
        )
    unit.__dict__.update(stored.__dict__)
    return bool(names)


@transaction.atomic
def delete_unit(*, unit: Unit, actor: Subject, origin: Origin, now: datetime) -> None:
    """Raises: UnitInUse, while people or other units are in it."""
    lock_tree()
    refusal = why_not_deleted(unit)
    if refusal:
        raise UnitInUse(refusal)
    before, subject = _plain(unit), unit_subject(unit)
    Unit.objects.filter(pk=unit.pk).delete()
    record_event(
        action=DirectoryAction.UNIT_DELETED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject,
        before=before,
    )


def why_not_deleted(unit: Unit) -> str:
    """Empty when nothing is in it."""
    people, units = unit.people.count(), unit.children.count()
    if not (people or units):
        return ""
    return _(
        "%(unit)s is in use: %(people)d people belong to it and %(units)d units are part of it. Move them first."
    ) % {"unit": unit, "people": people, "units": units}


def _fields(details: UnitDetails) -> dict[str, Any]:
    return {name: getattr(details, name) for name in UnitDetails.__dataclass_fields__}


def _plain(unit: Unit) -> dict[str, str | None]:
    return {
        "name": unit.name,
        "kind": str(unit.kind),
        "code": unit.code,
        "parent": str(unit.parent_id) if unit.parent_id else None,
        "head": str(unit.head_id) if unit.head_id else None,
    }


def why_not_placed(*, unit: Unit, parent: Unit) -> str:
    """The reason why the unit, new or not, must not become part of the other; empty when it may."""
    if unit.pk.hex in parent.path:
        return _("%(parent)s lies below %(unit)s: that would be a circle.") % {"parent": parent, "unit": unit}
    if parent.level + 1 + _levels_below(unit) >= MOST_LEVELS:
        return _("The tree can have %(count)d levels and no more.") % {"count": MOST_LEVELS}
    return ""


def _place(unit: Unit) -> None:
    """Raises: UnitRefused, when the tree has no place for it there."""
    above = ""
    if unit.parent_id is not None:
        parent = Unit.objects.get(pk=unit.parent_id)
        refusal = why_not_placed(unit=unit, parent=parent)
        if refusal:
            raise UnitRefused(refusal, field="parent")
        above = parent.path
    unit.path = f"{above}{unit.pk.hex}/"


def _levels_below(unit: Unit) -> int:
    if not unit.path:
        return 0
    longest = units_below(unit).aggregate(longest=Max(Length("path")))["longest"]
    return Unit(path="x" * longest).level - unit.level if longest else 0


def _move(old_path: str, new_path: str) -> None:
    """The unit itself as well; what is below it keeps its place there."""
    rest = Substr("path", len(old_path) + 1)
    Unit.objects.filter(path__startswith=old_path).update(path=Concat(Value(new_path), rest))


def _validate(unit: Unit) -> None:
    try:
        unit.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise UnitRefused("; ".join(messages), field="" if field == "__all__" else field) from error
