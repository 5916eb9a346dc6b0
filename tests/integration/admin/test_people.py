"""The pages of people: what they show, and what they do not let pass."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from freezegun import freeze_time

from apps.directory.models import User
from apps.oauth.models import AccessToken, Authorization, RefreshToken
from apps.signin.models import Session
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    action_page,
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
)
from tests.integration.admin.test_actions_say_what_they_do import (
    CONFIRMED,
    authorize,
    chosen,
    start_sessions,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["robin", "ROBIN"])
def test_user_name_that_is_taken_is_said_once_at_its_field(typed: str) -> None:
    make_user(username="robin")
    answer = at_desk(make_superuser()).post(adding("directory.user"), {"username": typed})
    assert answer.context["adminform"].form.errors == {"username": ["Somebody already has this user name."]}
    assert text_of(answer).count("Somebody already has this user name.") == 1
    assert not User.objects.filter(username="ROBIN").exists()


def test_nobody_is_given_a_user_name_or_an_address_with_which_somebody_else_signs_in() -> None:
    make_user(username="lee@example.com", email="robin@example.org")
    other, browser = make_user(), at_desk(make_superuser())
    page = browser.get(page_of(other))
    for field, value in (("username", "Robin@example.org"), ("email", "LEE@example.com")):
        answer = browser.post(page_of(other), submission(page, **{field: value}))
        (message,) = answer.context["adminform"].form.errors[field]
        assert "somebody else's" in message
    save(browser, page_of(other), username="kim@example.net", email="kim@example.net")
    other.refresh_from_db()
    assert (other.username, other.email) == ("kim@example.net", "kim@example.net")


# The list ---------------------------------------------------------------------------------------------------------


def rows_of(answer: Any) -> dict[str, list[str]]:
    """What the columns of the list say, by user name."""
    changes = answer.context["cl"]
    admin = changes.model_admin
    return {
        person.username: [str(getattr(admin, column)(person)) for column in admin.list_display[3:]]
        for person in changes.result_list
    }


# Not near midnight, when a lock ends on another day and says so.
@freeze_time("2026-11-26 12:00", tick=True)
def test_list_says_who_somebody_reports_to_and_whether_they_are_locked_out() -> None:
    soon = timezone.now() + timedelta(minutes=20)
    boss = make_user(username="boss", display_name="Ada Boss")
    make_user(
        username="locked", manager=boss, locked_until=soon, department="Sales", email="locked@example.org"
    )
    make_user(username="both", status=User.Status.SUSPENDED, locked_until=soon)
    make_user(username="free", locked_until=timezone.now() - timedelta(minutes=1))
    answer = at_desk(make_superuser()).get(listing("directory.user"))
    rows = rows_of(answer)
    until = f"Locked until {timezone.localtime(soon):%H:%M}"
    assert rows["locked"][0] == "Ada Boss"
    assert until in rows["locked"][1]
    assert "Active" not in rows["locked"][1]
    assert until in rows["both"][1]
    assert "Suspended" in rows["both"][1]
    assert "Locked" not in rows["free"][1]
    assert "Active" in rows["free"][1]
    assert until in text_of(at_desk(make_superuser()).get(page_of(User.objects.get(username="locked"))))
    page = text_of(answer)
    assert "locked<wbr>@example.org" in page
    assert "Sales" in page


def test_list_goes_by_the_managers_name_and_has_no_address_to_show_for_those_without() -> None:
    for name in ("Zoe", "Ada"):
        make_user(username=f"of{name}", email="", manager=make_user(display_name=name))
    browser = at_desk(make_superuser())
    column = list(browser.get(listing("directory.user")).context["cl"].list_display).index("manager_name")
    found = browser.get(listing("directory.user"), {"o": str(column), "q": "of"}).context["cl"].result_list
    assert [person.username for person in found] == ["ofAda", "ofZoe"]


# The record -------------------------------------------------------------------------------------------------------


def test_time_zone_and_language_are_chosen_from_what_there_is() -> None:
    person, browser = make_user(), at_desk(make_superuser())
    form = browser.get(page_of(person)).context["adminform"].form
    languages = ["", *(code for code, _name in settings.LANGUAGES)]
    assert [code for code, _name in form.fields["locale"].choices] == languages
    areas = dict(form.fields["time_zone"].choices)
    assert ("Europe/Berlin", "Europe/Berlin") in areas["Europe"]
    save(browser, page_of(person), time_zone="Europe/Berlin")
    person.refresh_from_db()
    assert person.time_zone == "Europe/Berlin"
    for name, value in (("time_zone", "Mars/Olympus"), ("locale", "tlh")):
        page = browser.get(page_of(person))
        answer = browser.post(page_of(person), submission(page, **{name: value}))
        assert name in answer.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("kept", "called"),
    [
        ({"time_zone": "CET"}, "CET"),
        ({"time_zone": "Europe/Atlantis"}, "Europe/Atlantis"),
        ({"locale": "de"}, "Deutsch"),
    ],
)
def test_what_the_record_says_stays_though_it_is_not_offered_any_more(
    kept: dict[str, str], called: str
) -> None:
    person, browser = make_user(**kept), at_desk(make_superuser())
    assert called in text_of(browser.get(page_of(person)))
    save(browser, page_of(person), job_title="Gatekeeper")
    person.refresh_from_db()
    assert {name: getattr(person, name) for name in kept} == kept
    assert person.job_title == "Gatekeeper"


def test_those_who_only_look_see_zone_and_language_too() -> None:
    person = make_user(time_zone="Europe/Berlin")
    page = text_of(at_desk(make_staff("directory.view_user")).get(page_of(person)))
    assert "Europe/Berlin" in page


def test_pages_are_called_by_what_they_are_about() -> None:
    person, browser = make_user(display_name="kim.person"), at_desk(make_superuser())
    assert browser.get(page_of(person)).context["title"] == "kim.person"
    assert browser.get(listing("directory.user")).context["title"] == "People"
    asked = text_of(browser.get(action_page(person, "suspend"))).partition('<main id="main"')[2]
    assert asked.count("<h1") == 1
    assert "<h2" not in asked
    assert page_of(person) in asked


def test_script_of_the_password_is_a_file_of_ours() -> None:
    person, browser = make_user(), at_desk(make_superuser())
    for address in (adding("directory.user"), page_of(person, "set_password")):
        page = text_of(browser.get(address))
        assert "js/new_password" in page
        assert 'aria-pressed="false"' in page
        assert 'role="status"' in page


# Deprovisioning ---------------------------------------------------------------------------------------------------


def test_authorization_without_tokens_is_revoked_without_counting_none() -> None:
    person = make_user()
    authorize(make_client().row, person)
    asked = text_of(at_desk(make_superuser()).get(action_page(person, "deprovision")))
    assert "Revokes 1 authorization.</p>" in asked


def with_everything_open(user: User) -> Authorization:
    start_sessions(user, 2)
    client, now = make_client().row, timezone.now()
    given = authorize(client, user)
    common = {"authorization": given, "application": client, "user": user, "scope": "openid"}
    for number, expires in enumerate(
        (now + timedelta(hours=1), now + timedelta(hours=1), now - timedelta(hours=1))
    ):
        AccessToken.objects.create(
            token="", token_checksum=f"{user.pk}{number}"[-64:], expires=expires, **common
        )
    del common["scope"]
    RefreshToken.objects.create(
        token="", token_checksum=f"r{user.pk}", expires=now + timedelta(days=1), **common
    )
    return given


def test_right_over_people_is_enough_to_deprovision_with_all_that_it_ends() -> None:
    person = make_user()
    given = with_everything_open(person)
    browser = at_desk(make_staff("directory.view_user", "directory.change_user"))
    asked = text_of(browser.get(action_page(person, "deprovision")))
    assert "all that they have open ends with it" in asked
    assert "Ends 2 sessions at once." in asked
    assert "Revokes 1 authorization with 2 access tokens and 1 refresh token." in asked
    browser.post(action_page(person, "deprovision"), CONFIRMED)
    person.refresh_from_db()
    given.refresh_from_db()
    assert person.status == User.Status.DEPROVISIONED
    assert given.revoked_at is not None
    assert not Session.objects.live(now=timezone.now()).filter(user=person).exists()
    recorded = [event.action for event in events("session.ended", "authorization.revoked", "user.changed")]
    assert sorted(recorded) == ["authorization.revoked", "session.ended", "session.ended", "user.changed"]


@pytest.mark.parametrize(
    "rights",
    [
        ("directory.view_user",),
        ("directory.view_user", "signin.change_session", "oauth.change_authorization"),
    ],
)
def test_without_it_nothing_ends(rights: tuple[str, ...]) -> None:
    person = make_user()
    given = with_everything_open(person)
    browser = at_desk(make_staff(*rights))
    before = len(events())
    assert action_page(person, "deprovision") not in text_of(browser.get(page_of(person)))
    assert browser.get(action_page(person, "deprovision")).status_code == 403
    assert browser.post(action_page(person, "deprovision"), CONFIRMED).status_code == 403
    browser.post(listing("directory.user"), chosen("deprovision", person, **CONFIRMED))
    person.refresh_from_db()
    given.refresh_from_db()
    assert person.status == User.Status.ACTIVE
    assert given.revoked_at is None
    assert Session.objects.live(now=timezone.now()).filter(user=person).count() == 2
    assert len(events()) == before


def test_deprovisioning_that_fails_halfway_has_ended_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step breaks: what was ended before it is not, and the log does not say that it was."""

    def breaking(**_values: object) -> bool:
        raise RuntimeError

    person = make_user()
    given = with_everything_open(person)
    browser = at_desk(make_superuser())
    before = len(events())
    browser.raise_request_exception = False
    monkeypatch.setattr("apps.directory.admin_actions.change_status", breaking)
    assert browser.post(action_page(person, "deprovision"), CONFIRMED).status_code == 500
    given.refresh_from_db()
    assert given.revoked_at is None
    assert Session.objects.live(now=timezone.now()).filter(user=person).count() == 2
    assert len(events()) == before


def test_whoever_may_only_add_people_goes_where_they_may_go() -> None:
    desk = at_desk(make_staff("directory.add_user"))
    sent = {"username": "newcomer", "password": "Fresh-Paint-Dries-9"}
    answer = desk.post(adding("directory.user"), sent, follow=True)
    assert answer.status_code == 200
    assert User.objects.filter(username="newcomer").exists()
    assert "was added successfully" in text_of(answer)


def test_whoever_may_see_people_goes_to_the_page_of_the_new_one() -> None:
    desk = at_desk(make_staff("directory.add_user", "directory.view_user"))
    sent = {"username": "newcomer", "password": "Fresh-Paint-Dries-9"}
    answer = desk.post(adding("directory.user"), sent)
    assert answer.headers["Location"] == page_of(User.objects.get(username="newcomer"))


@freeze_time("2026-11-23 09:00:00", tick=True)
def test_lock_that_ends_on_another_day_says_which() -> None:
    browser, now = at_desk(make_superuser()), timezone.now()
    make_user(locked_until=now + timedelta(hours=1))
    tomorrow = make_user(locked_until=now + timedelta(days=1, hours=1))
    listed = text_of(browser.get(listing("directory.user")))
    assert "Locked until 10:00" in listed
    assert "Locked until 24 Nov 2026, 10:00" in listed
    assert "24 Nov 2026, 10:00" in text_of(browser.get(page_of(tomorrow)))


def test_rules_for_somebody_elses_password_are_about_them() -> None:
    browser = at_desk(make_superuser())
    page = unescape(text_of(browser.get(page_of(make_user(), "set_password"))))
    assert "nothing of the person's name or e-mail address" in page
    assert "of your name" not in page
    assert "of your last" not in page
