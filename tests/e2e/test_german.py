"""The pages in German: long words fit on a phone, and a screen reader is told the language."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import HEIGHT, Look, Person, Picture, RelyingParty
from tests.e2e.steps import authorization_url
from tests.services.browser import PageFaults, assert_accessible
from tests.services.gatehouse import Gatehouse
from tests.services.soak import IS_SOAK

SPEAK = """
from apps.directory.models import User
User.objects.filter(username="{username}").update(locale="{locale}", time_zone="{time_zone}")
"""
PHONE = {"width": 390, "height": HEIGHT}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults = PageFaults(page)
    yield page
    context.close()
    assert not faults.found, "\n".join(faults.found)


SignIn = Callable[[Page, Person], None]


@pytest.fixture
def sign_in_in_german(gatehouse: Gatehouse) -> Iterator[SignIn]:
    """Other tests meet these people on the same server: they speak German for this test only."""
    met: list[str] = []

    def _speak(username: str, locale: str, time_zone: str) -> None:
        words = SPEAK.format(username=username, locale=locale, time_zone=time_zone)
        gatehouse.manage("shell", "--no-imports", "-c", words)

    def _sign_in(page: Page, person: Person) -> None:
        met.append(person.username)
        _speak(person.username, "de", "Europe/Berlin")
        page.goto(f"{gatehouse.base_url}/login/")
        page.get_by_label("Benutzername oder E-Mail").fill(person.username)
        page.get_by_label("Passwort", exact=True).fill(person.password)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Anwendungen")
        expect(page.locator("html")).to_have_attribute("lang", "de")

    yield _sign_in
    for username in met:
        _speak(username, "en", "UTC")


@pytest.fixture
def look_on_phone(picture: Picture) -> Look:
    def _look(page: Page, name: str, beneath: str = "") -> None:
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        for scheme in ("light", "dark") if IS_SOAK else ("dark",):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert_accessible(page, beneath)
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{page.url} ({scheme}) is {overflow} px wider than its window"
            picture(page, f"german-{name}-phone-{scheme}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": HEIGHT})
        picture(page, f"german-{name}")

    return _look


def test_language_is_chosen_at_the_foot(page: Page, gatehouse: Gatehouse, look_on_phone: Look) -> None:
    page.goto(f"{gatehouse.base_url}/login/?next=%2Fadmin%2F")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("User name or e-mail")).to_be_visible()
    assert page.url.endswith("/login/?next=%2Fadmin%2F")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_label("Benutzername oder E-Mail")).to_be_visible()
    look_on_phone(page, "sign-in")
    page.get_by_label("Benutzername oder E-Mail").fill("niemand")
    page.get_by_label("Passwort", exact=True).fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("passen nicht zusammen")
    look_on_phone(page, "sign-in-refused")


def test_pages_before_and_after_signing_in(
    page: Page,
    gatehouse: Gatehouse,
    on_call: Person,
    register: Callable[..., RelyingParty],
    sign_in_in_german: SignIn,
    look_on_phone: Look,
) -> None:
    for name, address in (
        ("not-found", "/gibt-es-nicht"),
        ("wrong-link", "/oauth/authorize"),
        ("forgotten", "/account/reset"),
        ("old-link", "/account/set-password"),
    ):
        page.goto(f"{gatehouse.base_url}{address}")
        look_on_phone(page, name)
    sign_in_in_german(page, on_call)
    look_on_phone(page, "portal")
    page.goto(authorization_url(gatehouse.base_url, register(called="Reisekosten")))
    expect(page.get_by_role("button", name="Erlauben", exact=True)).to_be_visible()
    look_on_phone(page, "consent")
    page.goto(f"{gatehouse.base_url}/account/profile")
    links = page.locator("nav a[href^='/account/']").evaluate_all("all => all.map(one => one.pathname)")
    assert len(links) >= 4
    for address in dict.fromkeys(links):
        page.goto(f"{gatehouse.base_url}{address}")
        look_on_phone(page, address.strip("/").replace("/", "-"))
    page.goto(f"{gatehouse.base_url}/logout/")
    look_on_phone(page, "sign-out")


def test_pages_of_the_administration(
    page: Page,
    gatehouse: Gatehouse,
    administrator: Person,
    on_call: Person,
    sign_in_in_german: SignIn,
    look_on_phone: Look,
) -> None:
    sign_in_in_german(page, administrator)
    page.goto(f"{gatehouse.base_url}/admin/")
    look_on_phone(page, "admin")
    lists = page.locator("#nav-sidebar a[href^='/admin/'], nav a[href^='/admin/']").evaluate_all(
        "all => all.map(one => one.pathname)"
    )
    assert len(set(lists)) > 10
    for address in dict.fromkeys(one for one in lists if one != "/admin/"):
        name = address.strip("/").replace("/", "-")
        page.goto(f"{gatehouse.base_url}{address}")
        look_on_phone(page, name)
        rows = page.locator("#result_list tbody a[href*='/change/']")
        more = [rows.first.get_attribute("href")] if rows.count() else []
        adding = page.locator(f"a[href^='{address}add/']")
        more += [f"{address}add/"] if adding.count() else []
        for further in filter(None, more):
            page.goto(f"{gatehouse.base_url}{further}")
            look_on_phone(page, f"{name}-{'add' if further.endswith('add/') else 'change'}")
