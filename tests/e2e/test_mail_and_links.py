"""Mails as embedded mode shows them, and what their links lead to: new passwords, invitations, an administrator."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person, Picture
from tests.e2e.steps import fill_in, sign_in
from tests.factories.people import new_password
from tests.services.browser import PageFaults
from tests.services.gatehouse import Gatehouse

LINK = re.compile("set-password")


def newest_mail(page: Page, gatehouse: Gatehouse, *, to: str) -> None:
    """Opens it once it has arrived: the worker takes a moment."""
    page.goto(f"{gatehouse.base_url}/mail/")
    row = page.get_by_role("row").filter(has_text=to).first
    for _ in range(60):
        if row.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    row.get_by_role("link").click()


def choose(page: Page, password: str) -> None:
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("New password once more", exact=True).fill(password)
    page.get_by_role("button", name="Set password").click()


def test_forgotten_password(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look, picture: Picture
) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    look(page, "login-with-reset")
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgot your password?")
    look(page, "reset")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your user name or e-mail address.")
    look(page, "reset-empty")
    page.get_by_label("User name or e-mail").fill(person.username)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    look(page, "reset-asked")
    newest_mail(page, gatehouse, to=f"{person.username}@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("link", name="Choose a new password")).to_be_visible()
    look(page, "mail")
    page.set_viewport_size({"width": 390, "height": 800})
    # Chromium draws no frame that was never in sight.
    page.locator("iframe").scroll_into_view_if_needed()
    expect(letter.get_by_role("link", name="Choose a new password")).to_be_in_viewport()
    picture(page, "mail-phone-in-sight")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{gatehouse.base_url}/mail/")
    look(page, "mails")
    page.go_back()
    page.locator(".mail-text").get_by_role("link", name=LINK).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    assert urlsplit(page.url).path == "/account/set-password"
    look(page, "set-password")
    choose(page, "short")
    expect(page.get_by_role("alert")).to_contain_text("too short")
    look(page, "set-password-refused")
    chosen = new_password()
    choose(page, chosen)
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    expect(page.get_by_label("User name or e-mail")).to_have_value(person.username)
    look(page, "set-password-done")
    fill_in(page, Person(person.username, chosen))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")


def test_link_that_was_used(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/account/set-password/there-is-no-such-link")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
    look(page, "link-void")
    page.get_by_role("link", name="Ask for a new link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgot your password?")


def test_invitation_from_the_administration(
    page: Page, browser: Browser, gatehouse: Gatehouse, administrator: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, administrator)
    page.goto(f"{gatehouse.base_url}/admin/directory/user/add/")
    page.get_by_label("User name").fill("noor.newcomer")
    page.get_by_label("E-mail", exact=True).fill("noor.newcomer@example.org")
    page.get_by_label("Send an invitation").check()
    look(page, "admin-add-person")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("An invitation is on its way to noor.newcomer@example.org.")).to_be_visible()
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    guest = context.new_page()
    faults = PageFaults(guest)
    newest_mail(guest, gatehouse, to="noor.newcomer@example.org")
    look(guest, "mail-invitation")
    page.goto(f"{gatehouse.base_url}/admin/directory/user/?q=noor.newcomer")
    expect(page.get_by_text("Invited", exact=True)).to_be_visible()
    look(page, "admin-invited")
    guest.locator(".mail-text").get_by_role("link", name=LINK).click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Choose your password")
    look(guest, "set-first-password")
    chosen = new_password()
    choose(guest, chosen)
    fill_in(guest, Person("noor.newcomer", chosen))
    expect(guest.get_by_role("heading", level=1)).to_have_text("Your applications")
    context.close()
    assert not faults.found


def test_first_administrator_without_scripts(browser: Browser, gatehouse: Gatehouse) -> None:
    made = gatehouse.manage("users", "first-admin", "--username", "first.admin", "--recover")
    link = made.stdout.splitlines()[-1]
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(link)
    chosen = new_password()
    choose(page, chosen)
    fill_in(page, Person("first.admin", chosen))
    expect(page.get_by_role("link", name="Administration", exact=True)).to_be_visible()
    context.close()


def test_test_mail_from_system_status(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    name, chosen = "mail.tester", new_password()
    gatehouse.manage(
        "users", "create", "--username", name, "--email", f"{name}@example.org", "--admin",
        "--password-stdin", input=chosen,
    )  # fmt: skip
    sign_in(page, gatehouse.base_url, Person(name, chosen))
    page.goto(f"{gatehouse.base_url}/admin/dashboards/systemstatus/")
    page.get_by_role("button", name="Send a test mail to me").click()
    expect(page.get_by_text("A test mail to you is on its way.")).to_be_visible()
    look(page, "admin-test-mail")
    newest_mail(page, gatehouse, to=f"{name}@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Test mail")
