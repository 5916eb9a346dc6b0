"""Whoever is not signed in reads the pages in the language of their browser, or in the one they chose. R-MFA 7."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import translation
from pytest_django import Settings

from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db

GERMAN: dict[str, Any] = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}


def text_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def choose(browser: Browser, language: str, target: str = "/login/") -> Any:
    return browser.post("/language", {"language": language, "next": target})


def test_page_speaks_the_language_of_the_browser() -> None:
    answer = Browser().get("/login/", **GERMAN)
    assert '<html lang="de"' in text_of(answer)
    assert "Benutzername oder E-Mail" in text_of(answer)
    assert answer["Content-Language"] == "de"
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


@pytest.mark.parametrize("wanted", ["", "fr", "xx;q=junk", "*", "tlh-Klingon, en;q=0.1", "d" * 5000])
def test_unknown_languages_get_english(wanted: str) -> None:
    answer = Browser().get("/login/", HTTP_ACCEPT_LANGUAGE=wanted)
    assert (answer.status_code, answer["Content-Language"]) == (HTTPStatus.OK, "en")


def test_choice_is_remembered_by_the_browser(settings: Settings) -> None:
    browser = Browser(**GERMAN)
    answer = choose(browser, "en")
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/login/")
    cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
    assert browser.get("/login/")["Content-Language"] == "en"


def test_choice_comes_back_to_the_page_and_to_no_other_site() -> None:
    assert choose(Browser(), "de", "/login/?next=%2Fadmin%2F")["Location"] == "/login/?next=%2Fadmin%2F"
    for target in ("https://evil.example/", "//evil.example/", "\\\\evil.example", "javascript:alert(1)", ""):
        assert choose(Browser(), "de", target)["Location"] == "/"


@pytest.mark.parametrize("language", ["", "fr", "../../etc", "de\r\nSet-Cookie: a=b", "\x00"])
def test_only_languages_that_there_are_pages_in_are_chosen(language: str, settings: Settings) -> None:
    answer = choose(Browser(), language)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_choosing_takes_a_form_of_ours() -> None:
    assert Browser().get("/language").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    answer = Browser(enforce_csrf_checks=True).post("/language", {"language": "de", "next": "/login/"})
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_choice_after_a_wrong_password_keeps_the_way() -> None:
    answer = Browser().post("/login/", {"identifier": "nobody", "password": "x", "next": "/admin/?a=1&b=2"})
    assert 'value="/login/?next=%2Fadmin%2F%3Fa%3D1%26b%3D2"' in text_of(answer)


def test_whoever_is_signed_in_chooses_in_their_profile() -> None:
    browser = Browser()
    assert 'action="/language"' in text_of(browser.get("/login/"))
    sign_in(browser, make_user())
    assert 'action="/language"' not in text_of(browser.get("/"))
    assert 'action="/language"' in text_of(browser.post("/logout/"))


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/no-such-page", HTTPStatus.NOT_FOUND, "Diese Seite gibt es nicht"),
        (
            "/language",
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Diese Adresse beantwortet diese Art von Anfrage nicht.",
        ),
        ("/oauth/authorize", HTTPStatus.BAD_REQUEST, "Dieser Anmeldelink funktioniert nicht"),
    ],
)
def test_error_pages_speak_it_too(address: str, status: int, words: str) -> None:
    answer = Browser(**GERMAN).get(address)
    assert answer.status_code == status
    assert words in text_of(answer)


def test_refusals_before_any_view_speak_it_too() -> None:
    too_large = Browser(**GERMAN).post("/login/", {"password": "x" * 20_000})
    assert too_large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "Das war zu groß" in text_of(too_large)
    # Nothing has given it the cookie that the form would need.
    assert 'action="/language"' not in text_of(too_large)
    forged = Browser(enforce_csrf_checks=True, **GERMAN).post("/login/", {})
    assert "Wir konnten dieses Formular nicht annehmen" in text_of(forged)


def test_language_of_one_request_is_not_the_next_ones() -> None:
    """Threads serve one after another; a machine's request chooses no language at all."""
    Browser().get("/login/", **GERMAN)
    assert translation.get_language() == "en"
    answer = Browser().post("/oauth/token", {"grant_type": "authorization_code"}, **GERMAN)
    assert not answer.has_header("Content-Language")
