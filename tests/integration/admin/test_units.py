"""The organisation's tree at the desk: a level at a time, moved as a whole, kept while it is used."""

from typing import Any

import pytest

from apps.directory.models import Unit
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    events,
    listing,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
    the_event,
)
from tests.integration.directory.test_units import make_unit

pytestmark = pytest.mark.django_db
LIST = listing("directory.unit")


def names_in(answer: Any) -> list[str]:
    return [unit.name for unit in answer.context["cl"].result_list]


def test_list_shows_a_level_at_a_time_and_search_the_whole_tree() -> None:
    company = make_unit("Acme", kind="company")
    sales = make_unit("Sales", company)
    make_unit("Europe", sales)
    browser = at_desk(make_superuser())
    assert names_in(browser.get(LIST)) == ["Acme"]
    below = browser.get(LIST, {"place": str(sales.pk)})
    assert names_in(below) == ["Europe"]
    assert f'href="{LIST}?place={company.pk}">Acme</a>' in text_of(below)
    found = browser.get(LIST, {"q": "euro"})
    assert names_in(found) == ["Europe"]
    assert "Acme / Sales / Europe" in text_of(found)
    assert len(names_in(browser.get(LIST, {"place": "all"}))) == 3
    assert names_in(browser.get(LIST, {"place": "nonsense"})) == []


def test_unit_is_added_changed_and_moved_with_one_event_each() -> None:
    browser, head = at_desk(make_superuser()), make_user()
    company = make_unit("Acme")
    save(browser, adding("directory.unit"), name="Sales", kind="division", parent=str(company.pk))
    sales = Unit.objects.get(name="Sales")
    assert sales.path == f"{company.pk.hex}/{sales.pk.hex}/"
    save(browser, page_of(sales), name="Field sales", head=str(head.pk), parent=None)
    sales.refresh_from_db()
    assert (sales.parent, sales.path) == (None, f"{sales.pk.hex}/")
    event = the_event("unit.changed")
    assert event.personal["before"] == {"name": "Sales", "parent": str(company.pk), "head": None}
    assert event.personal["after"] == {"name": "Field sales", "parent": None, "head": str(head.pk)}
    assert len(events("unit.created")) == 2


def test_unit_is_not_moved_below_itself() -> None:
    company = make_unit("Acme")
    sales = make_unit("Sales", company)
    browser = at_desk(make_superuser())
    answer = browser.post(page_of(company), submission(browser.get(page_of(company)), parent=str(sales.pk)))
    assert answer.status_code == 200
    assert "that would be a circle" in text_of(answer)


def test_unit_in_use_is_not_deleted() -> None:
    company = make_unit("Acme")
    sales = make_unit("Sales", company)
    make_user(unit=sales)
    browser = at_desk(make_superuser())
    answer = browser.post(page_of(sales, "delete"), {"confirmed": "1"}, follow=True)
    assert "Sales is in use: 1 people belong to it" in text_of(answer)
    sales.people.update(unit=None)
    browser.post(page_of(sales, "delete"), {"confirmed": "1"})
    assert not Unit.objects.filter(name="Sales").exists()
    assert the_event("unit.deleted").personal["before"]["name"] == "Sales"


def test_people_are_listed_by_their_unit_and_those_below() -> None:
    company = make_unit("Acme")
    sales = make_unit("Sales", company)
    seller, boss = make_user(unit=sales), make_user(unit=company)
    make_user()
    browser = at_desk(make_superuser())
    page = listing("directory.user")
    assert {*browser.get(page, {"unit": str(company.pk)}).context["cl"].result_list} == {seller, boss}
    assert [*browser.get(page, {"unit": str(sales.pk)}).context["cl"].result_list] == [seller]
    save(browser, page_of(seller), unit=str(company.pk))
    assert the_event("user.changed").personal["after"] == {"unit": str(company.pk)}


def test_those_who_only_see_units_change_none() -> None:
    unit = make_unit("Acme")
    browser = at_desk(make_staff("directory.view_unit"))
    assert browser.get(page_of(unit)).status_code == 200
    assert browser.post(page_of(unit), {"name": "Mine", "kind": "team"}).status_code == 403
    assert browser.get(adding("directory.unit")).status_code == 403
    unit.refresh_from_db()
    assert unit.name == "Acme"
