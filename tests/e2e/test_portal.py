"""The portal's first page: applications, search, and where one is signed in."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person
from tests.e2e.steps import sign_in
from tests.services.gatehouse import Gatehouse


def test_applications_and_until_when(page: Page, gatehouse: Gatehouse, on_call: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, on_call)
    tiles = page.get_by_role("main").get_by_role("heading", level=3)
    expect(tiles.filter(has_text="Vault")).to_have_count(1)
    expect(page.get_by_text("Until")).to_have_count(1)
    look(page, "portal")
    expect(page.get_by_role("link", name="Expenses")).to_have_attribute(
        "href", "https://app.example.org/start"
    )


def test_applications_of_others_are_not_shown(page: Page, gatehouse: Gatehouse, person: Person) -> None:
    sign_in(page, gatehouse.base_url, person)
    expect(page.get_by_role("link", name="Library")).to_be_visible()
    expect(page.get_by_role("link", name="Vault")).to_have_count(0)


def test_slash_leads_to_the_search(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("receipts")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 application matches “receipts”.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=receipts$"))
    expect(page.get_by_role("link", name="Expenses")).to_be_visible()
    expect(page.get_by_role("link", name="Library")).to_have_count(0)
    look(page, "portal-search")
    page.get_by_role("searchbox").fill("submarines")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No application matches “submarines”")).to_be_visible()
    look(page, "portal-search-empty")
    page.get_by_role("link", name="Show all applications").click()
    expect(page.get_by_role("link", name="Library")).to_be_visible()


def test_session_on_another_device_is_ended(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    elsewhere = browser.new_context(
        locale="en-GB", user_agent="Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
    )
    far = elsewhere.new_page()
    sign_in(far, gatehouse.base_url, person)
    sign_in(page, gatehouse.base_url, person)
    row = page.get_by_role("row").filter(has_text="Firefox on Windows")
    expect(page.get_by_role("row").filter(has_text="This device")).to_have_count(1)
    look(page, "portal-two-sessions")
    row.get_by_role("button", name="End the session on Firefox on Windows").click()
    expect(page.get_by_role("row").filter(has_text="Firefox on Windows")).to_have_count(0)
    far.reload()
    expect(far.get_by_role("heading", level=1)).to_have_text("Sign in")
    elsewhere.close()


def test_menu_closes_with_escape(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.get_by_text("Your menu").locator("..").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    look(page, "portal-menu")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()
