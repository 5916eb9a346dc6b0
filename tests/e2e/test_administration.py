"""The administration's pages under axe, light and dark."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person
from tests.e2e.steps import sign_in
from tests.factories.people import PASSWORD
from tests.services.browser import axe_violations
from tests.services.gatehouse import Gatehouse

WIDTH, HEIGHT = 1280, 800
# What django-unfold's own markup breaks and no style sheet of ours can mend.
UNFOLD = {
    "aria-input-field-name": "select2 names its box by its content, and an empty one has none",
    "landmark-unique": "the sidebar, its scrolling part and the tabs of a page have no names",
}


@pytest.fixture(scope="session")
def administrator(gatehouse: Gatehouse) -> Person:
    name = "root.administrator"
    gatehouse.manage("users", "create", "--username", name, "--admin", "--password-stdin", input=PASSWORD)
    return Person(name)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("overview", []),
        ("people", ["directory/user/"]),
        ("person", ["directory/user/", "th.field-person a, td.field-person a"]),
        ("new client", ["oauth/client/add/"]),
        ("audit log", ["audit/auditevent/"]),
        ("event", ["audit/auditevent/", "th.field-time a, td.field-time a"]),
    ],
)
def test_page_is_accessible(
    page: Page, gatehouse: Gatehouse, administrator: Person, name: str, steps: list[str]
) -> None:
    sign_in(page, gatehouse.base_url, administrator)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(f"{gatehouse.base_url}/admin/{steps[0] if steps else ''}")
    for link in steps[1:]:
        page.locator(link).first.click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.reload()  # the theme looks at the scheme once
        expect(page.locator("html")).to_have_class(re.compile("dark" if scheme == "dark" else "^(?!.*dark)"))
        found = [violation for violation in axe_violations(page) if violation.rule not in UNFOLD]
        assert not found, f"{page.url} ({scheme})\n" + "\n".join(map(str, found))
