"""The organisation's own attributes at the desk: defined once, then a field of everybody's record."""

from typing import Any

import pytest

from apps.directory.models import Attribute, AttributeValue, User
from apps.directory.selectors.attributes import attributes_of
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    listing,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
    the_event,
)
from tests.integration.directory.test_attributes import give, make_attribute

pytestmark = pytest.mark.django_db


def refused(browser: Any, page: str, **changes: Any) -> str:
    answer = browser.post(page, submission(browser.get(page), **changes))
    assert answer.status_code == 200
    return text_of(answer)


def test_attribute_is_defined_and_then_stands_on_the_record() -> None:
    browser, person = at_desk(make_superuser()), make_user()
    save(
        browser, adding("directory.attribute"),
        label="T-shirt", slug="shirt", kind="choice", choices="S\n\nM\nL\nM", help_text="For the summer party",
    )  # fmt: skip
    attribute = Attribute.objects.get()
    assert attribute.choices == ["S", "M", "L"]
    assert the_event("attribute.created").personal["after"]["slug"] == "shirt"
    page = text_of(browser.get(page_of(person)))
    assert "T-shirt" in page
    assert "For the summer party" in page
    save(browser, page_of(person), attribute_shirt="M")
    event = the_event("user.changed")
    assert (event.personal["before"], event.personal["after"]) == (
        {"attributes.shirt": None},
        {"attributes.shirt": "M"},
    )
    assert "T-shirt" in text_of(browser.get(f"/admin/audit/auditevent/{event.pk}/change/"))
    assert "is none of the choices" in refused(browser, page_of(person), attribute_shirt="XXL")


WIDGETS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "text": ({}, "Window", "Window"),
    "number": ({}, "42.50", "42.5"),
    "boolean": ({}, "true", True),
    "date": ({}, "2026-12-31", "2026-12-31"),
    "email": ({}, "kim@example.org", "kim@example.org"),
    "url": ({}, "https://example.org/", "https://example.org/"),
    "several texts": ({"kind": "text", "is_multivalued": True}, "One\n\n Two ", ["One", "Two"]),
    "several choices": (
        {"kind": "choice", "is_multivalued": True, "choices": ["S", "M", "L"]},
        ["S", "L"],
        ["S", "L"],
    ),
}


@pytest.mark.parametrize("kind", WIDGETS)
def test_each_type_is_typed_saved_shown_again_and_taken_away(kind: str) -> None:
    fields, typed, plain = WIDGETS[kind]
    make_attribute("thing", **{"kind": kind, **fields})
    browser, person = at_desk(make_superuser()), make_user()
    save(browser, page_of(person), attribute_thing=typed)
    assert attributes_of(user_id=person.pk) == {"thing": plain}
    # What stands in the form is what was saved: sent again it is no change.
    save(browser, page_of(person))
    the_event("user.changed")
    save(browser, page_of(person), attribute_thing=None)
    assert attributes_of(user_id=person.pk) == {}


def test_reference_to_a_person_is_chosen_like_the_manager() -> None:
    make_attribute("buddy", "person")
    make_attribute("mentors", "person", is_multivalued=True)
    browser, person, buddy = at_desk(make_superuser()), make_user(), make_user(username="robin")
    save(browser, page_of(person), attribute_buddy=str(buddy.pk), attribute_mentors="Robin\n")
    assert attributes_of(user_id=person.pk) == {"buddy": str(buddy.pk), "mentors": [str(buddy.pk)]}
    page = text_of(browser.get(page_of(person)))
    assert "robin" in page
    assert str(buddy) in page
    assert "nobody called nobody" in refused(browser, page_of(person), attribute_mentors="nobody")


def test_required_attribute_is_asked_when_somebody_is_added() -> None:
    make_attribute("badge", is_required=True)
    browser = at_desk(make_superuser())
    page = adding("directory.user")
    assert "This field is required." in refused(browser, page, username="kim")
    save(browser, page, username="kim", attribute_badge="7")
    assert attributes_of(user_id=User.objects.get(username="kim").pk) == {"badge": "7"}


def test_those_who_only_see_people_see_values_and_send_none() -> None:
    make_attribute("desk")
    make_attribute("remote", "boolean")
    person = make_user()
    give(person, desk=["4.12"], remote=["yes"])
    browser = at_desk(make_staff("directory.view_user"))
    page = text_of(browser.get(page_of(person)))
    assert "4.12" in page
    assert 'name="attribute_desk"' not in page
    assert browser.post(page_of(person), {"attribute_desk": "5"}).status_code == 403


def test_attribute_that_administrators_only_see_is_no_field() -> None:
    make_attribute("hr_number", for_administrators="see")
    person = make_user()
    give(person, hr_number=["4711"])
    browser = at_desk(make_superuser())
    page = text_of(browser.get(page_of(person)))
    assert "4711" in page
    assert 'name="attribute_hr_number"' not in page
    save(browser, page_of(person), job_title="Smith", attribute_hr_number="1")
    assert attributes_of(user_id=person.pk) == {"hr_number": "4711"}


def test_administrators_say_of_themselves_only_what_everybody_may() -> None:
    make_attribute("cost_centre")
    make_attribute("shirt", for_person="edit")
    helper = make_staff("directory.view_user", "directory.change_user")
    page = text_of(at_desk(helper).get(page_of(helper)))
    assert 'name="attribute_shirt"' in page
    assert 'name="attribute_cost_centre"' not in page


def test_form_that_others_have_overtaken_is_refused_for_an_attribute_too() -> None:
    make_attribute("desk")
    browser, person = at_desk(make_superuser()), make_user()
    opened = submission(browser.get(page_of(person)), attribute_desk="mine")
    give(person, desk=["theirs"])
    answer = browser.post(page_of(person), opened)
    assert "This was changed since you opened the page" in text_of(answer)
    assert AttributeValue.objects.get().text == "theirs"


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"attribute": "desk", "value": "4.12"}, 1),
        ({"attribute": "desk", "value": ""}, 2),
        ({"attribute": "desk", "value": "9"}, 0),
        ({"attribute": "floor", "value": "4.0"}, 1),
        ({"attribute": "floor", "value": "four"}, 0),
        ({"attribute": "unknown", "value": "4"}, 0),
        ({"value": "4"}, 4),
    ],
)
def test_people_are_listed_by_what_they_have(asked: dict[str, str], count: int) -> None:
    make_attribute("desk")
    make_attribute("floor", "number")
    give(make_user(), desk=["4.12"], floor=["4"])
    give(make_user(), desk=["4.13"])
    make_user()
    answer = at_desk(make_superuser()).get(listing("directory.user"), asked)
    assert answer.context["cl"].result_count == count
    assert "By attribute" in text_of(answer)


def test_definition_with_values_keeps_its_type_and_is_not_deleted() -> None:
    attribute = make_attribute("desk")
    give(make_user(), desk=["4.12"])
    browser = at_desk(make_superuser())
    assert "1 person has a value of the present type." in refused(browser, page_of(attribute), kind="number")
    answer = browser.post(page_of(attribute, "delete"), {"confirmed": "1"}, follow=True)
    assert "Take it out of use instead" in text_of(answer)
    save(browser, page_of(attribute), is_active=None, label="Old desk")
    assert the_event("attribute.changed").personal["after"] == {"is_active": False, "label": "Old desk"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "choice"}, "Give the choices that there are."),
        ({"pattern": "(a+)+"}, "might take very long"),
        ({"pattern": "["}, "no regular expression"),
        ({"slug": "Not a name"}, "Use small letters"),
        ({"minimum": "5", "maximum": "1"}, "smaller than the smallest"),
        ({"maximum": "9999"}, "1 to 500 characters"),
        ({"kind": "date", "minimum": "0"}, "Leave it empty: the type Date has no such rule."),
        ({"kind": "number", "pattern": "[0-9]"}, "Leave it empty: the type Number has no such rule."),
    ],
)
def test_definition_that_makes_no_sense_is_refused(fields: dict[str, str], reason: str) -> None:
    browser = at_desk(make_superuser())
    page = adding("directory.attribute")
    assert reason in refused(browser, page, **{"label": "Desk", "slug": "desk", "kind": "text", **fields})


def test_rules_of_another_type_go_with_the_type() -> None:
    """The page hides them, and does not send them."""
    attribute = make_attribute("desk", "choice", choices=["Window", "Wall"])
    browser = at_desk(make_superuser())
    assert "Leave it empty: the type Text" in refused(browser, page_of(attribute), kind="text")
    save(browser, page_of(attribute), kind="text", choices=None)
    attribute.refresh_from_db()
    assert (attribute.kind, attribute.choices) == ("text", [])
