"""The organisation's tree: who stands where, and that it always is a tree."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.errors import UnitInUse, UnitRefused
from apps.directory.models import MOST_LEVELS, Unit, User
from apps.directory.selectors.units import (
    department_of,
    head_of,
    people_below,
    places_in_words,
    units_above,
    units_below,
)
from apps.directory.services.units import UnitDetails, change_unit, create_unit, delete_unit
from tests.factories.people import make_user
from tests.integration.signin.together import at_once
from tests.services.soak import times

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
BY: dict[str, Any] = {"actor": SYSTEM, "origin": SYSTEM_ORIGIN, "now": NOW}


def make_unit(name: str, parent: Unit | None = None, **details: Any) -> Unit:
    return create_unit(details=UnitDetails(name=name, parent=parent, **details), **BY)


def move(unit: Unit, parent: Unit | None) -> bool:
    return change_unit(unit=unit, details=UnitDetails(name=unit.name, kind=unit.kind, parent=parent), **BY)


@pytest.fixture
def acme(db: None) -> dict[str, Unit]:
    company = make_unit("Acme", kind="company")
    sales = make_unit("Sales", company, kind="division")
    europe = make_unit("Europe", sales)
    return {
        "Acme": company,
        "Sales": sales,
        "Europe": europe,
        "North": make_unit("North", europe, kind="team"),
        "Engineering": make_unit("Engineering", company, kind="division"),
    }


def test_units_know_what_is_above_and_below_them(acme: dict[str, Unit]) -> None:
    assert [unit.name for unit in units_above(acme["North"])] == ["Acme", "Sales", "Europe", "North"]
    assert {unit.name for unit in units_below(acme["Sales"])} == {"Sales", "Europe", "North"}
    words = places_in_words([acme["North"], acme["Acme"]])
    assert words == {acme["North"].pk: "Acme / Sales / Europe / North", acme["Acme"].pk: "Acme"}
    seller = make_user(unit=acme["North"])
    make_user(unit=acme["Engineering"])
    assert list(people_below(acme["Sales"])) == [seller]


def test_subtree_moves_as_a_whole(acme: dict[str, Unit]) -> None:
    assert move(acme["Europe"], acme["Engineering"])
    north = Unit.objects.get(name="North")
    assert [unit.name for unit in units_above(north)] == ["Acme", "Engineering", "Europe", "North"]
    assert move(acme["Europe"], None)
    north.refresh_from_db()
    assert [unit.name for unit in units_above(north)] == ["Europe", "North"]
    told = [event.personal for event in AuditEvent.objects.filter(action="unit.changed")]
    assert {"parent": None} in [personal["after"] for personal in told if personal]
    assert len(told) == 2


@pytest.mark.parametrize("below", ["Acme", "Sales", "North"])
def test_unit_is_not_moved_below_itself(acme: dict[str, Unit], below: str) -> None:
    with pytest.raises(UnitRefused, match="that would be a circle") as refusal:
        move(acme["Acme"], acme[below])
    assert refusal.value.field == "parent"


@pytest.mark.django_db
def test_tree_has_so_many_levels_and_no_more() -> None:
    unit = None
    for level in range(MOST_LEVELS):
        unit = make_unit(f"Level {level}", unit)
    with pytest.raises(UnitRefused, match="12 levels and no more"):
        make_unit("Too deep", unit)
    with pytest.raises(UnitRefused, match="12 levels and no more"):
        move(Unit.objects.get(name="Level 0"), make_unit("Above all"))


def test_names_are_told_apart_in_one_place_and_codes_everywhere(acme: dict[str, Unit]) -> None:
    make_unit("Europe", acme["Engineering"], code="E-1")
    with pytest.raises(UnitRefused, match="already a unit of this name"):
        make_unit("EUROPE", acme["Sales"])
    with pytest.raises(UnitRefused, match="already a unit of this name"):
        make_unit("acme")
    with pytest.raises(UnitRefused, match="Another unit has this code"):
        make_unit("Asia", acme["Sales"], code="E-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(name="ACME", path="elsewhere/")


def test_unit_that_is_used_stays(acme: dict[str, Unit]) -> None:
    make_user(unit=acme["North"])
    with pytest.raises(UnitInUse, match=r"0 people belong to it and 1 units are part of it"):
        delete_unit(unit=acme["Europe"], **BY)
    with pytest.raises(UnitInUse, match=r"1 people belong to it and 0 units"):
        delete_unit(unit=acme["North"], **BY)
    with pytest.raises(ProtectedError):
        Unit.objects.filter(name="North").delete()
    User.objects.update(unit=None)
    delete_unit(unit=acme["North"], **BY)
    delete_unit(unit=acme["Europe"], **BY)
    gone = AuditEvent.objects.filter(action="unit.deleted").latest("id")
    assert gone.personal is not None
    assert gone.personal["before"]["name"] in {"Europe", "North"}


def test_head_is_the_nearest_above_who_is_somebody_else(acme: dict[str, Unit]) -> None:
    boss, lead = make_user(), make_user()
    Unit.objects.filter(name="Acme").update(head=boss)
    Unit.objects.filter(name="Europe").update(head=lead)
    seller = make_user(unit=Unit.objects.get(name="North"))
    lead.unit = Unit.objects.get(name="Europe")
    assert head_of(seller) == lead
    assert head_of(lead) == boss
    assert head_of(boss) is None


def test_department_is_what_the_record_says_and_else_the_unit(acme: dict[str, Unit]) -> None:
    assert department_of(make_user(unit=acme["North"])) == "North"
    assert department_of(make_user(unit=acme["North"], department="Field sales")) == "Field sales"
    assert department_of(make_user()) == ""


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(times(2, soak=50)))
def test_of_two_moves_that_would_make_a_circle_one_is_refused(_round: int) -> None:
    one, other = make_unit("One"), make_unit("Other")
    make_unit("Below one", one)

    def outcome(unit: Unit, parent: Unit) -> str:
        try:
            return "moved" if move(Unit.objects.get(pk=unit.pk), parent) else "stood there"
        except UnitRefused:
            return "refused"

    answers = at_once([lambda: outcome(one, other), lambda: outcome(other, one)] * 3)
    assert Counter(answers) == {"moved": 1, "stood there": 2, "refused": 3}
    for unit in Unit.objects.select_related("parent"):
        assert unit.path == f"{unit.parent.path if unit.parent else ''}{unit.pk.hex}/"
