"""The administration without a mouse: Tab, Enter, Space and Escape reach and work everything."""

import re

from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.e2e.conftest import Person
from tests.e2e.steps import sign_in
from tests.services.gatehouse import Gatehouse

PHONE: ViewportSize = {"width": 390, "height": 844}
# More than any of these pages has.
STOPS = 150


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {target}")


def open_people(page: Page, gatehouse: Gatehouse, administrator: Person) -> None:
    sign_in(page, gatehouse.base_url, administrator)
    page.goto(f"{gatehouse.base_url}/admin/directory/user/")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def test_first_stop_skips_the_navigation(page: Page, gatehouse: Gatehouse, administrator: Person) -> None:
    open_people(page, gatehouse, administrator)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_list_is_filtered(page: Page, gatehouse: Gatehouse, administrator: Person) -> None:
    open_people(page, gatehouse, administrator)
    opener = page.get_by_role("button", name="Filters")
    panel = page.get_by_role("dialog", name="Filters")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Close the filters")).to_be_focused()
    # However far one goes, never to what lies behind.
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    tab_to(page, panel.get_by_role("link", name="Suspended"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status__exact=suspended"))
    expect(panel).to_be_hidden()
    tab_to(page, opener)
    page.keyboard.press("Space")
    expect(panel).to_be_visible()
    page.keyboard.press("Space")  # on the button that closes, where the focus is
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()


def test_theme_is_chosen_and_the_session_ended(
    page: Page, gatehouse: Gatehouse, administrator: Person
) -> None:
    open_people(page, gatehouse, administrator)
    menu = page.get_by_role("button", name="Your menu")
    dark = page.get_by_role("button", name="Dark")
    tab_to(page, menu)
    expect(menu).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(dark).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    expect(dark).to_be_visible()
    tab_to(page, dark)
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    expect(dark).to_have_attribute("aria-pressed", "true")
    tab_to(page, page.get_by_role("button", name="Sign out"))
    page.keyboard.press("Enter")
    # The portal asks once more.
    tab_to(page, page.get_by_role("main").get_by_role("button", name="Sign out").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("signed out", re.IGNORECASE))


def test_phone_is_steered_with_keys(page: Page, gatehouse: Gatehouse, administrator: Person) -> None:
    open_people(page, gatehouse, administrator)
    page.set_viewport_size(PHONE)
    opener = page.get_by_role("button", name="Open the navigation")
    clients = page.get_by_role("link", name="Clients")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Overview")).to_be_focused()
    page.keyboard.press("Escape")
    expect(clients).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Overview")).to_be_focused()
    tab_to(page, clients)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clients")


def test_menu_beside_a_choice_takes_the_focus_and_gives_it_back(
    page: Page, gatehouse: Gatehouse, administrator: Person
) -> None:
    sign_in(page, gatehouse.base_url, administrator)
    page.goto(f"{gatehouse.base_url}/admin/access/role/add/")
    opener = page.get_by_role("button", name="More about this application")
    entry = page.get_by_role("link", name="Add another application")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(entry).to_be_focused()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    expect(opener).to_be_focused()
