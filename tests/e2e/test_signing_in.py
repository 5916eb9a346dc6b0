"""Signing in and out as people do it, in a browser."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person
from tests.e2e.steps import fill_in, sign_in
from tests.services.gatehouse import Gatehouse


def test_wrong_then_right_password(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    expect(page.get_by_label("User name or e-mail")).to_be_focused()
    look(page, "sign-in")
    fill_in(page, person, password="Not-The-Password-1")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("After several wrong tries we pause the account for 30 minutes.")
    link = summary.get_by_role("link")
    expect(link).to_have_text("That user name and password do not match.")
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(
        re.compile("Type it once more.")
    )
    expect(page).to_have_title(re.compile("^Error:"))
    expect(page.get_by_label("User name or e-mail")).to_have_value(person.username)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    look(page, "sign-in-refused")
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")


def test_empty_form_says_what_is_missing(page: Page, gatehouse: Gatehouse, look: Look) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your user name or e-mail address.")
    expect(page.get_by_role("alert")).to_contain_text("Enter your password.")
    look(page, "sign-in-incomplete")
    page.get_by_role("link", name="Enter your password.").click()
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_keyboard_alone_is_enough(page: Page, gatehouse: Gatehouse, person: Person) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    page.keyboard.type(person.username)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_stop_of_the_keyboard_can_be_seen(page: Page, gatehouse: Gatehouse) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "() => { const it = document.activeElement, style = getComputedStyle(it);"
            " return [it.tagName, parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none'"
            " || style.boxShadow !== 'none', it.getBoundingClientRect().width > 0] }"
        )
        stops.append(stop)
        assert stop[0] == "BODY" or (stop[1] and stop[2]), stop
    assert {"INPUT", "BUTTON", "SUMMARY"} <= {stop[0] for stop in stops}


def test_password_can_be_shown_and_is_hidden_again_when_sent(
    page: Page, gatehouse: Gatehouse, person: Person
) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    password = page.get_by_label("Password", exact=True)
    password.fill("to be seen")
    page.get_by_role("button", name="Show the password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show the password").click()
    expect(password).to_have_attribute("type", "password")


def test_people_without_scripts_sign_in_and_out(
    browser: Browser, gatehouse: Gatehouse, person: Person
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{gatehouse.base_url}/login/")
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")
    page.goto(f"{gatehouse.base_url}/logout/")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    context.close()


def test_signing_out_from_the_menu(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.get_by_text("Your menu").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    look(page, "signed-out")
    # "Back" shows nothing that was on the screen.
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_link_to_sign_out_asks_first(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/logout/")
    look(page, "sign-out")
    page.get_by_role("link", name="Stay signed in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")


def test_confirming_ones_password(page: Page, gatehouse: Gatehouse, person: Person, look: Look) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/login/?reauthenticate=yes")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it is you")
    look(page, "confirm-password")
    page.get_by_label("Password", exact=True).fill("Not-The-Password-1")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not your password.")
    look(page, "confirm-password-refused")
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")


def test_theme_chosen_stays(page: Page, gatehouse: Gatehouse) -> None:
    page.goto(f"{gatehouse.base_url}/login/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark != light
