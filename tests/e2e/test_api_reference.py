"""/api/docs/ in a browser: readable everywhere, and each operation can be linked to."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Look
from tests.services.gatehouse import Gatehouse


def test_reference_is_read_without_signing_in(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/api/docs/")
    expect(page.get_by_role("heading", level=1)).to_have_text("API reference")
    look(page, "api-reference")


def test_an_operation_is_reached_from_the_contents_by_keyboard(page: Page, gatehouse: Gatehouse) -> None:
    page.goto(f"{gatehouse.base_url}/api/docs/")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Add a person").press(
        "Enter"
    )
    expect(page).to_have_url(f"{gatehouse.base_url}/api/docs/#create_user")
    shown = page.get_by_role("article", name="Add a person")
    expect(shown).to_be_in_viewport()
    expect(shown.get_by_text("gatehouse:users.write", exact=True).last).to_be_visible()
