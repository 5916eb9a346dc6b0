"""What is said about the end of a session is what happens."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from freezegun import freeze_time

from apps.access.models import Application
from tests.factories.clients import make_client, make_pkce, obtain_code
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_limits_are_those_of_the_person() -> None:
    pages = []
    for is_staff in (False, True):
        browser = Client()
        sign_in(browser, make_user(is_staff=is_staff))
        pages.append(browser.get("/account/sessions").content.decode())
    assert "for 8 hours at most, however busy you are." in pages[0]
    assert "when you have done nothing for 30 minutes." in pages[1]


def test_end_of_an_idle_administrators_session_is_shown_as_it_comes() -> None:
    user, here, there = make_user(is_staff=True), Client(), Client()
    with freeze_time(MORNING) as clock:
        sign_in(there, user)
        clock.move_to(MORNING + timedelta(minutes=20))
        sign_in(here, user)
        shown = here.get("/account/sessions").context["sessions"]
        assert [row.ends_at for row in shown] == [MORNING + timedelta(minutes=m) for m in (50, 30)]
        assert not any(row.is_idle for row in shown)
        clock.move_to(MORNING + timedelta(minutes=31))
        page = here.get("/account/sessions")
        assert [row.is_idle for row in page.context["sessions"]] == [False, True]
        assert "Has to sign in again" in page.content.decode()
        # And so it is.
        assert there.get("/").status_code == 302


def test_absolute_limit_comes_before_the_idle_one() -> None:
    user, browser = make_user(is_staff=True), Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, user)
        for _ in range(32):
            clock.tick(timedelta(minutes=15))
            if clock() >= (MORNING + timedelta(hours=7, minutes=45)).replace(tzinfo=None):
                break
            browser.get("/")
        (shown,) = browser.get("/account/sessions").context["sessions"]
        assert shown.ends_at == MORNING + timedelta(hours=8)


def test_session_names_the_applications_used_in_it() -> None:
    app = make_client(name="payroll-web-2")
    Application.objects.filter(pk=app.row.application_id).update(name="Payroll")
    user, here = make_user(), Client()
    sign_in(Client(), user)
    sign_in(here, user)
    obtain_code(here, app, make_pkce())
    shown = here.get("/account/sessions").context["sessions"]
    assert [list(row.applications) for row in shown] == [["Payroll"], []]
