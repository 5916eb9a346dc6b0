"""The client says in which language people are to be spoken to; what they chose themselves counts more."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.oauth.views.metadata import authorization_server_metadata
from tests.factories.clients import authorization_parameters, make_client, make_pkce
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db


def authorize(**more: str) -> str:
    return f"/oauth/authorize?{urlencode(authorization_parameters(make_client(), make_pkce(), **more))}"


def language_of(browser: Browser, address: str) -> str:
    language: str = browser.get(address, follow=True)["Content-Language"]
    return language


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1")
@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        ("de", "de"),
        ("de-CH fr", "de"),
        ("fr se de en", "de"),
        ("fr", "en"),
        ("", "en"),
        ("../de", "en"),
        ("de\x00", "en"),
        ("x" * 600, "en"),
        (" ".join(["fr"] * 50) + " de", "en"),
    ],
)
def test_sign_in_page_speaks_the_first_language_there_is(wished: str, spoken: str) -> None:
    target = f"/oauth/authorize?{urlencode({'ui_locales': wished})}"
    assert language_of(Browser(), f"/login/?{urlencode({'next': target})}") == spoken


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1")
def test_wish_lasts_from_the_request_to_the_refused_password() -> None:
    browser, address = Browser(), authorize(ui_locales="de")
    page = browser.get(address, follow=True)
    assert "Benutzername oder E-Mail" in page.content.decode()
    again = browser.post("/login/", {"identifier": "nobody", "password": "x", "next": address})
    assert "passen nicht zusammen" in again.content.decode()
    assert again["Content-Language"] == "de"
    assert language_of(browser, "/login/") == "en"


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "2")
def test_sign_out_page_speaks_it_too() -> None:
    assert language_of(Browser(), "/oauth/logout?ui_locales=de") == "de"


def test_own_choices_count_more() -> None:
    browser = Browser(HTTP_ACCEPT_LANGUAGE="de")
    address = authorize(ui_locales="de")
    browser.post("/language", {"language": "en", "next": "/login/"})
    assert language_of(browser, address) == "en"
    browser.post("/language", {"language": "de", "next": "/login/"})
    sign_in(browser, make_user(locale="en"))
    assert language_of(browser, address) == "en"
    german = Browser()
    sign_in(german, make_user(locale="de"))
    assert language_of(german, authorize(ui_locales="en")) == "de"


@pytest.mark.spec("OpenID Connect Discovery 1.0", "3")
def test_discovery_names_the_languages() -> None:
    assert authorization_server_metadata()["ui_locales_supported"] == ["en", "de"]
