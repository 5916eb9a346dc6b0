"""What the start page and the pages before it show of applications."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from freezegun import freeze_time
from pytest_django import Settings

from apps.access.models import Application
from tests.factories.clients import authorization_parameters, make_client, make_pkce
from tests.factories.people import PASSWORD, make_user, sign_in

pytestmark = pytest.mark.django_db


def start_page(**person: object) -> str:
    browser = Client()
    sign_in(browser, make_user(**person))
    return browser.get("/").content.decode()


def test_application_without_a_start_address_has_a_tile_without_a_link() -> None:
    for name, address in (("Wiki", ""), ("Library", "https://library.example.org/")):
        Application.objects.create(
            name=name, slug=name.lower(), launch_url=address, audience=Application.Audience.EVERYONE
        )
    page = start_page()
    assert "Wiki" in page
    assert page.count("Open it at its own address.") == 1
    assert page.count('class="tile-link"') == 1


def test_staff_without_applications_are_shown_to_the_administration() -> None:
    assert "Open the administration" in start_page(is_staff=True)
    assert "Open the administration" not in start_page()


def test_pages_call_an_application_by_its_name_and_not_by_that_of_its_client() -> None:
    app = make_client(name="payroll-web-2")
    owner = make_user(display_name="Olive Owner")
    Application.objects.filter(pk=app.row.application_id).update(name="Payroll", owner=owner)
    browser, user = Client(), make_user()
    asked = browser.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    pages = [browser.get(asked["Location"]).content.decode()]
    assert "Run by Olive Owner" in pages[0]
    sign_in(browser, user)
    pages.append(browser.get("/oauth/authorize", authorization_parameters(app, make_pkce())).content.decode())
    pages.append(browser.get("/oauth/logout", {"client_id": app.client_id}).content.decode())
    for page in pages:
        assert "Payroll" in page
        assert "payroll-web-2" not in page


def test_person_who_confirms_who_they_are_is_called_by_name() -> None:
    browser = Client()
    sign_in(browser, make_user(username="kim.doe", given_name="Kim", family_name="Doe"))
    page = browser.get("/login/?reauthenticate=yes").content.decode()
    assert "<strong>Kim Doe</strong>" in page
    assert ">KD</span>" in page
    assert 'value="kim.doe"' in page  # for the password manager


def test_wrong_password_of_somebody_signed_in_is_told_in_its_own_words(
    settings: Settings,
) -> None:
    settings.LOCKOUT = {**settings.LOCKOUT, "duration": timedelta(minutes=45)}
    browser, user = Client(), make_user()
    form = {"identifier": user.username, "password": "wrong"}
    stranger = browser.post("/login/", form).content.decode()
    assert "That user name and password do not match." in stranger
    assert "we pause the account for 45 minutes." in stranger
    browser.post("/login/", {**form, "password": PASSWORD})
    assert "That is not your password." in browser.post("/login/", form).content.decode()


def test_time_of_less_than_a_minute_ago_is_just_now() -> None:
    browser = Client()
    with freeze_time(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)):
        sign_in(browser, make_user())
        page = browser.get("/account/sessions").content.decode()
    assert "just now" in page
    assert "0\xa0minutes" not in page
