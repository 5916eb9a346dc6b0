"""The portal's first page: applications, and finding one."""

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


def test_long_word_does_not_widen_the_page(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/?q={'x' * 100}")
    look(page, "portal-search-long-word")


def test_times_read_the_same_without_scripts(browser: Browser, gatehouse: Gatehouse, on_call: Person) -> None:
    dates = []
    for has_scripts in (True, False):
        context = browser.new_context(java_script_enabled=has_scripts, locale="en-GB", timezone_id="UTC")
        page = context.new_page()
        sign_in(page, gatehouse.base_url, on_call)
        dates.append(page.get_by_role("main").locator("time[data-time=date]").inner_text())
        page.goto(f"{gatehouse.base_url}/account/sessions")
        entry = page.get_by_role("listitem").filter(has_text="This session")
        expect(entry.get_by_text("just now")).to_have_count(2)
        context.close()
    assert dates[0] == dates[1]


def test_menu_closes_with_escape(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.get_by_text("Your menu").locator("..").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    look(page, "portal-menu", beneath="main")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()
