"""People see the attributes that are meant for them, and change those that they may say of themselves."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.directory.models import Attribute, User
from apps.directory.selectors.attributes import attributes_of
from tests.factories.people import make_user, sign_in
from tests.integration.admin.desk import the_event
from tests.integration.directory.test_attributes import give, make_attribute

pytestmark = pytest.mark.django_db
ADDRESS, PROFILE = "/account/details", "/account/profile"


def visit(**fields: Any) -> tuple[User, Client]:
    user, browser = make_user(**fields), Client()
    sign_in(browser, user)
    return user, browser


def fill_in(browser: Client, **typed: Any) -> Any:
    """The form as it was opened, with something else in some fields."""
    form = browser.get(ADDRESS).context["form"]
    sent = {"opened": form["opened"].value()}
    sent |= {question.html_name: question.value() for question in form.questions}
    return sent | {f"attribute_{slug}": value for slug, value in typed.items()}


def test_profile_shows_what_is_meant_for_the_person_and_nothing_else() -> None:
    make_attribute("desk", label="Desk", for_person="see")
    make_attribute("rating", label="Rating", for_person="nothing")
    make_attribute("badge", label="Badge", for_person="see", is_active=False)
    make_attribute("aid", "boolean", label="First aid", for_person="see")
    make_attribute("mentor", "person", label="Mentor", for_person="see")
    user, browser = visit()
    give(user, desk=["4.12"], rating=["low"], aid=["true"], mentor=[make_user(display_name="Emma").username])
    page = browser.get(PROFILE).content.decode()
    for words in ("Desk", "4.12", "First aid", "Yes", "Mentor", "Emma"):
        assert words in page
    for words in ("Rating", "Badge", ADDRESS):
        assert words not in page
    # Seen is not changed.
    assert browser.get(ADDRESS)["Location"] == PROFILE
    assert browser.post(ADDRESS, {"opened": "x", "attribute_desk": "1.1"})["Location"] == PROFILE
    assert attributes_of(user_id=user.pk)["desk"] == "4.12"


@pytest.mark.parametrize(
    ("kind", "more", "typed", "kept"),
    [
        ("text", {}, "4.12", "4.12"),
        ("number", {}, "37.5", "37.5"),
        ("boolean", {}, "false", False),
        ("date", {}, "2026-12-31", "2026-12-31"),
        ("choice", {"choices": ["Red", "Blue"]}, "Blue", "Blue"),
        ("choice", {"choices": ["Red", "Blue"], "is_multivalued": True}, ["Red", "Blue"], ["Red", "Blue"]),
        ("email", {}, "kim@example.org", "kim@example.org"),
        ("url", {}, "https://example.org", "https://example.org"),
        ("text", {"is_multivalued": True}, "Welding\r\n\r\nSewing", ["Welding", "Sewing"]),
    ],
    ids=str,
)
def test_person_says_it_of_themselves_and_the_log_has_it(
    kind: str, more: dict[str, Any], typed: Any, kept: Any
) -> None:
    make_attribute("thing", kind, for_person="edit", **more)
    user, browser = visit()
    assert browser.post(ADDRESS, fill_in(browser, thing=typed))["Location"] == PROFILE
    assert attributes_of(user_id=user.pk) == {"thing": kept}
    event = the_event("user.changed")
    assert (event.actor_id, event.target_id) == (str(user.pk), str(user.pk))
    nothing: Any = [] if more.get("is_multivalued") else None
    assert event.personal["before"] == {"attributes.thing": nothing}
    assert event.personal["after"] == {"attributes.thing": kept}
    assert "Saved." in browser.get(PROFILE).content.decode()
    # Opened and sent back as it is, it changes nothing.
    browser.post(ADDRESS, fill_in(browser))
    the_event("user.changed")


def test_other_people_are_named_by_their_user_names() -> None:
    make_attribute("mentor", "person", for_person="edit")
    user, browser = visit()
    emma = make_user(username="emma")
    browser.post(ADDRESS, fill_in(browser, mentor="Emma"))
    assert attributes_of(user_id=user.pk) == {"mentor": str(emma.pk)}
    assert 'value="emma"' in browser.get(ADDRESS).content.decode()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved() -> None:
    make_attribute("desk", label="Desk", for_person="edit", pattern="[0-9]+", is_required=True)
    make_attribute("room", label="Room", for_person="edit")
    make_attribute(
        "colours", "choice", label="Colours", for_person="edit", choices=["Red"], is_multivalued=True
    )
    user, browser = visit()
    give(user, desk=["1"])
    answer = browser.post(ADDRESS, fill_in(browser, desk="four", room="B", colours=["Green"]))
    assert answer.status_code == 400
    errors = answer.context["form"].errors
    assert "does not match the pattern" in errors["attribute_desk"][0]
    assert "none of the choices" in errors["attribute_colours"][0]
    assert 'href="#id_attribute_colours"' in answer.content.decode()
    assert "A value is needed." in browser.post(ADDRESS, fill_in(browser, desk=" ")).content.decode()
    assert attributes_of(user_id=user.pk) == {"desk": "1"}


def test_value_from_before_stricter_rules_may_stay() -> None:
    attribute = make_attribute("desk", for_person="edit")
    make_attribute("room", for_person="edit")
    user, browser = visit()
    give(user, desk=["by the window"])
    Attribute.objects.filter(pk=attribute.pk).update(pattern="[0-9]+", is_required=True)
    browser.post(ADDRESS, fill_in(browser, room="B"))
    assert attributes_of(user_id=user.pk) == {"desk": "by the window", "room": "B"}


def test_what_others_changed_meanwhile_is_not_overwritten() -> None:
    make_attribute("desk", for_person="edit")
    user, browser = visit()
    sent = fill_in(browser, desk="1")
    give(user, desk=["2"])
    answer = browser.post(ADDRESS, sent)
    assert answer.status_code == 409
    assert 'value="2"' in answer.content.decode()
    assert attributes_of(user_id=user.pk) == {"desk": "2"}


def test_what_is_not_theirs_to_say_cannot_be_sent_along() -> None:
    make_attribute("desk", for_person="edit")
    make_attribute("rating", for_person="see")
    user, browser = visit()
    browser.post(ADDRESS, fill_in(browser, desk="1", rating="high", unknown="x"))
    assert attributes_of(user_id=user.pk) == {"desk": "1"}
    opened = fill_in(browser, desk="3")
    Attribute.objects.filter(slug="desk").update(for_person="see")
    make_attribute("room", for_person="edit")
    assert browser.post(ADDRESS, opened).status_code == 409
    assert attributes_of(user_id=user.pk) == {"desk": "1"}


@pytest.mark.parametrize("sent", [{}, {"opened": "x" * 65}, {"opened": "\x00"}], ids=str)
def test_form_of_another_page_is_refused(sent: dict[str, str]) -> None:
    make_attribute("desk", for_person="edit")
    _user, browser = visit()
    assert browser.post(ADDRESS, sent).status_code == 400


def test_pages_cost_the_same_with_many_attributes() -> None:
    user, browser = visit()

    def cost() -> list[int]:
        found = []
        for address in (PROFILE, ADDRESS):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200
            found.append(len(queries))
        return found

    make_attribute("first", for_person="edit")
    give(user, first=["x"])
    before = cost()
    for number in range(5):
        make_attribute(f"more{number}", for_person="edit")
        make_attribute(f"mentor{number}", "person", for_person="edit")
        give(user, **{f"more{number}": ["x"], f"mentor{number}": [user.username]})
    assert cost() == before
