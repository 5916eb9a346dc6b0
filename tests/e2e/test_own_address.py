"""One's own e-mail address, through the mails that embedded mode keeps under /mail/."""

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person
from tests.e2e.steps import sign_in
from tests.services.gatehouse import Gatehouse


def open_mail(page: Page, gatehouse: Gatehouse, subject: str, address: str) -> None:
    """The newest mail of that subject to the address, as soon as the worker has sent it."""
    line = page.get_by_role("row").filter(has_text=address).filter(has_text=subject).first

    for _ in range(40):
        page.goto(f"{gatehouse.base_url}/mail/")
        if line.count():
            break
        page.wait_for_timeout(500)
    line.get_by_role("link").first.click()


def path_in_mail(page: Page) -> str:
    link = page.get_by_role("main").locator("a[href*='/account/email/link/']")
    return str(link.first.get_attribute("href"))


def test_address_is_changed_and_put_back(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    new = f"new.{person.username}@example.org"
    former = f"{person.username}@example.org"
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/profile")
    page.get_by_role("link", name="Change e-mail address").click()
    expect(page.get_by_label("New e-mail address")).to_be_focused()
    look(page, "account-email")
    page.get_by_label("New e-mail address").fill("kim")
    page.get_by_role("textbox", name="Password").fill("wrong")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("Write an address like").first).to_be_visible()
    look(page, "account-email-error")
    page.get_by_label("New e-mail address").fill(new)
    page.get_by_role("textbox", name="Password").fill(person.password)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text(f"A mail is on its way to {new}.")

    mails = browser.new_context(locale="en-GB", reduced_motion="reduce")
    mailbox = mails.new_page()
    open_mail(mailbox, gatehouse, "Confirm your new e-mail address", new)
    look(mailbox, "mail-confirm-address")
    confirm = path_in_mail(mailbox)
    page.goto(f"{gatehouse.base_url}/account/profile")
    expect(page.get_by_text(f"Changes to {new} once you open the link")).to_be_visible()
    look(page, "account-email-awaited")
    page.goto(confirm)
    assert page.url == f"{gatehouse.base_url}/account/email/link"
    look(page, "address-link-confirm")
    page.get_by_role("button", name="Confirm this address").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed")
    look(page, "address-confirmed")
    page.goto(f"{gatehouse.base_url}/account/profile")
    expect(page.get_by_role("main").get_by_text(new)).to_be_visible()

    open_mail(mailbox, gatehouse, "The e-mail address of your account was changed", former)
    look(mailbox, "mail-address-changed")
    mailbox.goto(path_in_mail(mailbox))
    look(mailbox, "address-link-object")
    mailbox.get_by_role("button", name="This was not me: keep my address").click()
    expect(mailbox.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    look(mailbox, "address-objected")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    mailbox.goto(confirm)
    expect(mailbox.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
    look(mailbox, "address-link-void")
    mails.close()
