"""Changing one's own password, by wish and because it has expired, with the rules ticked off while it is typed."""

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person
from tests.e2e.steps import fill_in, sign_in
from tests.factories.people import PASSWORD
from tests.services.browser import PageFaults
from tests.services.gatehouse import Gatehouse

CHOSEN = "Another-Door-Opens-8!"
EXPIRE = """
from datetime import UTC, datetime
from apps.directory.models import User
assert User.objects.filter(username="{username}").update(password_expires_at=datetime.now(UTC)) == 1
"""


def type_in(page: Page, *, present: str = PASSWORD, chosen: str = CHOSEN, again: str | None = None) -> None:
    page.get_by_label("Present password", exact=True).fill(present)
    page.get_by_label("New password", exact=True).fill(chosen)
    page.get_by_label("New password once more", exact=True).fill(chosen if again is None else again)


def test_rules_are_ticked_off_and_the_password_is_changed(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.locator("[data-menu] > summary").click()
    page.get_by_role("link", name="Change your password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change your password")
    look(page, "password")
    met = page.locator("[data-rule][data-met]")
    expect(met).to_have_count(0)
    page.get_by_label("New password", exact=True).fill("Öfen")
    expect(met).to_have_count(2)
    expect(page.get_by_role("status")).to_contain_text("Still missing: 12 characters or more, a digit")
    type_in(page)
    expect(met).to_have_count(5)
    expect(page.get_by_role("status")).to_have_text("Nothing that can be seen here is missing.")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    look(page, "password-changed")


def test_what_is_wrong_stands_at_its_field(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/password")
    type_in(page, chosen="Vasquez")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("Leave out “vasquez”")
    expect(page.get_by_label("New password", exact=True)).to_have_attribute("aria-invalid", "true")
    look(page, "password-refused")
    type_in(page, present="not it")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not your present password.")
    look(page, "password-wrong")


def test_expired_password_is_changed_on_the_way_in(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    gatehouse.manage("shell", "--no-imports", "-c", EXPIRE.format(username=person.username))
    page.goto(f"{gatehouse.base_url}/login/?next=/%3Fq%3Dlibrary")
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password has expired")
    look(page, "password-expired")
    page.goto(gatehouse.base_url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password has expired")
    page.go_back()
    type_in(page)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")
    assert page.url.endswith("/?q=library")


def test_without_scripts_it_works_all_the_same(
    browser: Browser, gatehouse: Gatehouse, person: Person
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    faults = PageFaults(page)
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/password")
    expect(page.get_by_text("12 characters or more")).to_be_visible()
    type_in(page)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    context.close()
    assert not faults.found
