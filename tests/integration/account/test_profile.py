"""What people see of their record, and what they set themselves."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.directory.models import Group, Membership, User
from apps.directory.recipients import PeopleAsRecipients
from tests.factories.people import make_user, sign_in
from tests.integration.admin.desk import assign, make_role
from tests.integration.signin.together import at_once

pytestmark = pytest.mark.django_db

ADDRESS = "/account/profile"


@pytest.fixture
def two_languages(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]


def visit(**fields: Any) -> tuple[User, Client]:
    user, browser = make_user(**fields), Client()
    sign_in(browser, user)
    return user, browser


def form(**changes: str) -> dict[str, str]:
    """As it is sent from a page opened on an untouched record."""
    fields = {"locale": "", "time_zone": "UTC"}
    return {**{f"opened_{name}": value for name, value in fields.items()}, **fields, **changes}


def changes() -> list[Any]:
    return list(AuditEvent.objects.filter(action="user.changed").order_by("id"))


def test_record_is_shown_in_plain_words() -> None:
    user, browser = visit(department="Finance", manager=make_user(display_name="Anna Keller"))
    group = Group.objects.create(name="On-call list")
    Membership.objects.create(user=user, group=group)
    payroll = Application.objects.create(name="Payroll", slug="payroll")
    held = assign(make_role(name="Payroll clerk", application=payroll), user)
    held.valid_until = datetime.now(UTC) + timedelta(days=30)
    held.save()
    assign(make_role(name="Night watch"), group)
    page = browser.get(ADDRESS).content.decode()
    for words in ("Finance", "Anna Keller", "On-call list", "Payroll clerk", "In Payroll.", "Verified"):
        assert words in page
    assert "Because you are in the group On-call list." in page
    assert "the rest only an administrator can" in page
    assert "Not verified" not in page


def test_page_costs_the_same_with_many_groups_and_roles() -> None:
    user, browser = visit()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(ADDRESS).status_code == 200
        return len(queries)

    assign(make_role(), user)
    cost()
    before = cost()
    for number in range(4):
        group = Group.objects.create(name=f"Group {number}")
        Membership.objects.create(user=user, group=group)
        assign(make_role(application=Application.objects.create(name=f"A{number}", slug=f"a{number}")), group)
    assert cost() == before


def test_time_zone_takes_effect_at_once_and_is_recorded_once() -> None:
    user, browser = visit()
    answer = browser.post(ADDRESS, form(time_zone="Asia/Tokyo"), follow=True)
    assert answer.redirect_chain == [(ADDRESS, 302)]
    assert "Saved." in answer.content.decode()
    assert "JST" in browser.get("/account/sessions").content.decode()
    (event,) = changes()
    assert (event.actor_id, event.target_id) == (str(user.pk), str(user.pk))
    assert event.personal["before"] == {"time_zone": "UTC"}
    assert event.personal["after"] == {"time_zone": "Asia/Tokyo"}


@pytest.mark.usefixtures("two_languages")
def test_language_takes_effect_at_once_whatever_the_browser_wants() -> None:
    _user, browser = visit(locale="en")
    before = browser.get(ADDRESS, headers={"Accept-Language": "de"})
    assert (before["Content-Language"], '<html lang="en"' in before.content.decode()) == ("en", True)
    browser.post(ADDRESS, form(opened_locale="en", locale="de"))
    after = browser.get(ADDRESS, headers={"Accept-Language": "en"})
    assert (after["Content-Language"], '<html lang="de"' in after.content.decode()) == ("de", True)
    # Who is not signed in has the browser's, and nobody leaves theirs behind in the thread.
    assert Client().get("/login/", headers={"Accept-Language": "en"})["Content-Language"] == "en"
    assert Client().get("/login/", headers={"Accept-Language": "de"})["Content-Language"] == "de"


@pytest.mark.usefixtures("two_languages")
def test_who_leaves_the_language_to_the_browser_is_spoken_to_as_it_says() -> None:
    user, browser = visit()
    assert user.locale == ""
    for language in ("de", "en"):
        page = browser.get(ADDRESS, headers={"Accept-Language": language})
        assert page["Content-Language"] == language
    browser.post(ADDRESS, form(locale="de"))
    assert browser.get(ADDRESS)["Content-Language"] == "de"
    browser.post(ADDRESS, form(opened_locale="de"))
    assert browser.get(ADDRESS, headers={"Accept-Language": "en"})["Content-Language"] == "en"
    assert [event.personal["after"] for event in changes()] == [{"locale": "de"}, {"locale": ""}]


@pytest.mark.parametrize(("recorded", "written_in"), [("", "en"), ("de", "de")])
def test_mails_are_in_the_installations_language_where_it_is_left_to_the_browser(
    recorded: str, written_in: str
) -> None:
    to = PeopleAsRecipients().find(str(make_user(locale=recorded).pk))
    assert to is not None
    assert to.language == written_in


@pytest.mark.usefixtures("two_languages")
@pytest.mark.parametrize(("recorded", "spoken"), [("de-CH", "de"), ("tlh", "en"), ("x" * 16, "en")])
def test_language_of_a_record_is_the_nearest_there_is(recorded: str, spoken: str) -> None:
    _user, browser = visit(locale=recorded)
    assert browser.get(ADDRESS)["Content-Language"] == spoken


def test_nothing_changed_leaves_no_event() -> None:
    _user, browser = visit()
    assert browser.post(ADDRESS, form()).status_code == 302
    assert changes() == []


def test_what_others_changed_meanwhile_is_not_overwritten() -> None:
    user, browser = visit()
    User.objects.filter(pk=user.pk).update(time_zone="Europe/Zurich")
    answer = browser.post(ADDRESS, form(time_zone="Asia/Tokyo"))
    assert answer.status_code == 409
    assert "nothing was saved" in answer.content.decode()
    assert '<option value="Europe/Zurich" selected>' in answer.content.decode()
    user.refresh_from_db()
    assert user.time_zone == "Europe/Zurich"
    assert changes() == []


@pytest.mark.parametrize(
    "sent",
    [
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": ""},
        {"locale": "xx"},
        {"locale": "\x00"},
        {"opened_time_zone": "\x00"},
        {"opened_locale": "x" * 17},
    ],
    ids=str,
)
def test_what_is_not_offered_is_refused(sent: dict[str, str]) -> None:
    _user, browser = visit()
    answer = browser.post(ADDRESS, form(**sent))
    assert answer.status_code == 400
    assert changes() == []


def test_nothing_else_of_the_record_can_be_sent_along() -> None:
    user, browser = visit()
    more = {
        "is_staff": "on",
        "is_superuser": "on",
        "email": "x@example.org",
        "display_name": "Anna",
        "status": "x",
    }
    assert browser.post(ADDRESS, form(time_zone="Asia/Tokyo", **more)).status_code == 302
    stored = User.objects.get(pk=user.pk)
    assert (stored.is_staff, stored.is_superuser, stored.email) == (False, False, user.email)
    assert stored.display_name == user.display_name


def test_form_of_another_site_changes_nothing() -> None:
    user, browser = make_user(), Client(enforce_csrf_checks=True)
    token = browser.get("/login/").cookies["gatehouse-csrf"].value
    browser.post(
        "/login/",
        {"identifier": user.username, "password": "Wooden-Gate-Opens-7!", "csrfmiddlewaretoken": token},
    )
    assert browser.post(ADDRESS, form(time_zone="Asia/Tokyo")).status_code == 403
    assert changes() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told() -> None:
    user = make_user()
    tries = []
    for zone in ("Asia/Tokyo", "Europe/Zurich"):
        browser = Client()
        sign_in(browser, user)
        tries.append(partial(browser.post, ADDRESS, form(time_zone=zone)))
    assert sorted(answer.status_code for answer in at_once(tries)) == [302, 409]
    assert len(changes()) == 1
