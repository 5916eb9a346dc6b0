"""Whoever has not accepted the terms in force reads them first; once accepted, they are not asked again."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import get_resolver
from django.utils import timezone

from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.terms.models import Acceptance, TermsVersion
from apps.terms.services.acceptance import accept_terms
from tests.factories.people import make_user, sign_in
from tests.factories.terms import accept, make_version
from tests.integration.admin.desk import the_event
from tests.integration.signin.test_own_password import addresses_of, expired, signed_in
from tests.integration.signin.together import at_once

PAGE = "/account/terms"


def agree(browser: Browser, version: TermsVersion, /, **more: Any) -> Any:
    return browser.post(PAGE, {"version": str(version.pk), "language": "en", **more})


@pytest.mark.django_db
def test_person_reads_accepts_and_goes_on_where_they_wanted_to_go() -> None:
    version = make_version()
    user = make_user()
    browser = signed_in(user)
    led = browser.get("/?q=wiki")
    assert led["Location"] == f"{PAGE}?next=%2F%3Fq%3Dwiki"
    page = browser.get(led["Location"])
    assert "<h2>First</h2>" in page.content.decode()
    assert "Be kind,<br>and do not share" in page.content.decode()
    answer = agree(browser, version, next="/?q=wiki")
    assert (answer.status_code, answer["Location"]) == (302, "/?q=wiki")
    assert browser.get("/?q=wiki").status_code == 200
    row = Acceptance.objects.get()
    assert (row.user, row.version, row.language, row.ip) == (user, version, "en", "127.0.0.1")
    event = the_event("terms.accepted")
    assert event.personal["target_label"] == "Terms of use, version 1"
    assert event.details["digest"] == version.digest
    assert (event.actor_id, event.session_id != "") == (str(user.pk), True)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_leads_to_the_terms(method: str) -> None:
    make_version()
    browser = signed_in(make_user(is_staff=True, is_superuser=True))
    links = (settings.ONE_TIME_LINK_PATH, settings.ADDRESS_LINK_PATH)
    addresses = {
        address
        for address in addresses_of(get_resolver().url_patterns)
        if not address.startswith((*settings.MACHINE_DOOR_PATHS, *links))
    }
    shut = [*sorted(addresses - settings.PATHS_WITH_TERMS_TO_ACCEPT), "/no/such/page", f"{PAGE}/", f"/{PAGE}"]
    assert len(shut) > 60
    left_open = []
    for address in shut:
        answer = getattr(browser, method)(address)
        if answer.status_code != 302 or not answer["Location"].startswith(f"{PAGE}?next="):
            left_open.append(f"{address}: {answer.status_code}")
    assert left_open == []


@pytest.mark.django_db
def test_password_that_must_be_changed_comes_first() -> None:
    make_version()
    browser = signed_in(expired())
    assert browser.get(PAGE)["Location"].startswith("/account/password?next=")


@pytest.mark.django_db
def test_each_document_is_accepted_for_itself_and_a_new_version_asks_again() -> None:
    user = make_user()
    browser = signed_in(user)
    assert browser.get("/").status_code == 200
    terms, privacy = make_version(), make_version(document="privacy", title_en="Privacy")
    accept(user, terms)
    assert "Privacy" in browser.get(browser.get("/")["Location"]).content.decode()
    agree(browser, privacy)
    assert browser.get("/").status_code == 200
    TermsVersion.objects.filter(pk=terms.pk).update(state=TermsVersion.State.SUPERSEDED)
    newer = make_version()
    assert browser.get("/").status_code == 302
    # What was read is no longer in force: it is not taken for the other.
    agree(browser, terms)
    assert browser.get("/").status_code == 302
    agree(browser, newer)
    assert browser.get("/").status_code == 200
    assert browser.get(f"{PAGE}?next=/account/profile")["Location"] == "/account/profile"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "superseded", "withdrawn"])
def test_nobody_is_asked_for_what_is_not_in_force(state: str) -> None:
    unpublished = {"number": None, "published_at": None} if state == "draft" else {}
    version = make_version(state=state, **unpublished)
    browser = signed_in(make_user())
    assert browser.get("/").status_code == 200
    agree(browser, version)
    assert not Acceptance.objects.exists()


@pytest.mark.django_db
def test_service_accounts_are_asked_for_nothing() -> None:
    make_version()
    assert signed_in(make_user(employee_type="service")).get("/").status_code == 200


@pytest.mark.django_db
def test_way_out_is_open_and_the_form_needs_its_token() -> None:
    version = make_version()
    user = make_user()
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(user)
    assert agree(browser, version).status_code == 403
    assert signed_in(user).post("/logout/").status_code == 200
    assert not Acceptance.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", [{"version": "x"}, {"version": ""}, {"language": ""}, {"next": "x" * 9000}, {"next": "\x00"}]
)
def test_form_of_another_page_is_no_acceptance(sent: dict[str, str]) -> None:
    version = make_version()
    assert agree(signed_in(make_user()), version, **sent).status_code == 400
    assert not Acceptance.objects.exists()


@pytest.mark.django_db
def test_language_that_it_is_not_written_in_is_not_taken() -> None:
    version = make_version()
    agree(signed_in(make_user()), version, language="de")
    assert not Acceptance.objects.exists()


@pytest.mark.django_db
def test_text_stands_in_the_readers_language_and_can_be_read_in_the_other() -> None:
    make_version(title_de="Nutzungsbedingungen", text_de="Seien Sie freundlich.")
    browser = signed_in(make_user(locale="de"))
    page = browser.get(f"{PAGE}?next=/account/").content.decode()
    assert "Seien Sie freundlich." in page
    assert 'name="language" value="de"' in page
    assert "?language=en&amp;next=%2Faccount%2F" in page
    other = browser.get(f"{PAGE}?language=en&next=/account/").content.decode()
    assert "Be kind," in other
    assert 'name="language" value="en"' in other
    assert "Be kind," in signed_in(make_user(locale="fr")).get(PAGE).content.decode()


@pytest.mark.django_db
def test_nothing_in_the_text_becomes_markup() -> None:
    hostile = '# <b>x</b>\n\n- <script>1</script>\n\n<img src=x> https://example.org/?a="><script>'
    make_version(title_en="<i>Terms</i>", text_en=hostile)
    page = signed_in(make_user()).get(PAGE).content.decode()
    for forbidden in ("<b>x", "<script>1", "<img src=x", "<i>Terms", '"><script>'):
        assert forbidden not in page
    assert 'href="https://example.org/' in page


@pytest.mark.django_db
def test_profile_tells_what_was_accepted_and_shows_it_again() -> None:
    user, stranger = make_user(), make_user()
    version = make_version(state=TermsVersion.State.SUPERSEDED)
    accept(user, version)
    address = f"{PAGE}/{version.pk}"
    browser = signed_in(user)
    assert f'href="{address}"' in browser.get("/account/profile").content.decode()
    assert "Be kind," in browser.get(address).content.decode()
    other = signed_in(stranger)
    assert "What you accepted" not in other.get("/account/profile").content.decode()
    assert other.get(address).status_code == 404
    TermsVersion.objects.update(state=TermsVersion.State.IN_FORCE)
    accept(stranger, version)
    assert other.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_accepted_by_many_clicks_at_once_it_is_one_row_and_one_event() -> None:
    version, user = make_version(), make_user()

    def click() -> None:
        accept_terms(
            user=User.objects.get(pk=user.pk),
            version_id=version.pk,
            language="en",
            application=None,
            session_id="",
            origin=SYSTEM_ORIGIN,
            now=timezone.now(),
        )

    at_once([click] * 6)
    assert Acceptance.objects.count() == 1
    the_event("terms.accepted")


@pytest.mark.django_db
def test_sign_in_itself_is_not_refused() -> None:
    make_version()
    browser = Browser()
    sign_in(browser, make_user())
    assert browser.get("/")["Location"].startswith(PAGE)
