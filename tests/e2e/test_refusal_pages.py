"""Pages for what cannot be answered: each says what to do next, and how to name it to whoever helps."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Look, Person
from tests.e2e.steps import fill_in, sign_in
from tests.services.gatehouse import Gatehouse


def _expect_page(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_text("If you ask for help, pass this on:")).to_be_visible()
    expect(page.get_by_role("link", name="Go to your applications")).to_be_visible()


def test_page_that_does_not_exist(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/nowhere")
    _expect_page(page, "This page does not exist")
    look(page, "refused-404")


def test_page_that_was_open_for_too_long(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    page.context.clear_cookies()
    fill_in(page, person)
    _expect_page(page, "We could not accept that form")
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    look(page, "refused-403-token")


def test_administration_is_not_for_everybody(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/admin/")
    _expect_page(page, "You cannot open this page")
    look(page, "refused-403")


def test_request_that_cannot_be_read(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    page.locator("#id_next").evaluate("field => { field.value = '/' + 'x'.repeat(8500) }")
    fill_in(page, Person("kim"))
    _expect_page(page, "We could not read that request")
    look(page, "refused-400")


def test_too_large_a_form(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    page.locator("#id_next").evaluate("field => { field.value = '/' + 'x'.repeat(20000) }")
    fill_in(page, Person("kim"))
    _expect_page(page, "That was too large")
    look(page, "refused-413")


def test_wrong_kind_of_request(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/sessions/00000000-0000-4000-8000-000000000000/end")
    _expect_page(page, "That does not work here")
    look(page, "refused-405")
