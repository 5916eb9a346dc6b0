"""Pages that no list leads to: forms that were sent back, secrets, and what asks before it does something."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import GUISES, HEIGHT, Person
from tests.services.browser import assert_accessible
from tests.services.gatehouse import Gatehouse

LONG = "Long " * 20 + "Unbroken" * 12
FURNISH = f"""
import json
from apps.access.models import Application, Role
from apps.directory.models import Group
from apps.oauth.models import Client

client = Client.objects.get(client_id="payroll")
client.name = "{LONG}"
client.save()
unused = Client.objects.create(
    name="Unused", client_id="unused", application=client.application, kind="service",
    client_type=Client.CLIENT_CONFIDENTIAL, authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
)
application = Application.objects.create(name="Chess club", slug="chess-club")
Role.objects.create(name="Player", slug="player", application=application)
print(json.dumps({{
    "client": str(client.pk), "unused": str(unused.pk), "application": str(application.pk),
    "role": str(Role.objects.get(slug="auditor").pk), "group": str(Group.objects.get(name="Finance").pk),
}}))
"""
PAGES = {
    "client-added": "oauth/client/add/",
    "client-changed": "oauth/client/{client}/change/",
    "new-secret": "oauth/client/{client}/new-secret/",
    "client-disabled": "oauth/client/{client}/actions/disable/",
    "client-deleted": "oauth/client/{unused}/delete/",
    "role-changed": "access/role/{role}/change/",
    "role-deleted": "access/role/{role}/delete/",
    "role-given": "access/assignment/add/",
    "group-deleted": "directory/group/{group}/delete/",
    "application-deleted": "access/application/{application}/delete/",
}


@pytest.fixture(scope="module")
def acme(demonstration: tuple[Gatehouse, Person]) -> dict[str, str]:
    server, _administrator = demonstration
    made: dict[str, str] = json.loads(server.manage("shell", "--no-imports", "-c", FURNISH).stdout)
    return made


@pytest.fixture
def admin_url(at_desk: str) -> str:
    return f"{at_desk}/admin/"


@pytest.fixture
def look_again(page: Page, request: pytest.FixtureRequest) -> Callable[[str, Callable[[], None]], None]:
    """In every guise, on a page that is opened anew in it: the theme is chosen as the page opens."""
    directory = request.config.getoption("--screenshots", default=None)

    def look(name: str, arrive: Callable[[], None]) -> None:
        for guise, (scheme, width) in GUISES.items():
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": HEIGHT})
            arrive()
            expect(page.locator("html")).to_have_class(
                re.compile("dark" if scheme == "dark" else "^(?!.*dark)")
            )
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if directory:
                Path(directory).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(directory) / f"{name}-{guise}.png", full_page=True)
            assert_accessible(page)
            wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert wide <= window, f"{name} ({guise}) is {wide - window} px wider than its window"

    return look


@pytest.mark.parametrize("name", PAGES)
def test_page_that_changes_something(
    page: Page, admin_url: str, acme: Any, look_again: Any, name: str
) -> None:
    look_again(name, lambda: page.goto(admin_url + PAGES[name].format(**acme)))


def test_form_of_a_client_with_errors(page: Page, admin_url: str, look_again: Any) -> None:
    def arrive() -> None:
        page.goto(f"{admin_url}oauth/client/add/")
        page.get_by_label("Redirect URIs", exact=True).fill(
            "https://a.example.org/cb\nhttp://b.example.org/cb\nx"
        )
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Line 2: http://b.example.org/cb must be https.")).to_be_visible()

    look_again("client-refused", arrive)


def test_secret_is_shown_once(page: Page, admin_url: str, acme: Any, look_again: Any) -> None:
    secret = page.get_by_text(re.compile(r"^gcs_"))

    def make() -> None:
        page.goto(admin_url + PAGES["new-secret"].format(**acme))
        page.get_by_role("button", name="Make a new secret").click()
        expect(secret).to_be_visible()
        expect(page.get_by_role("button", name="Copy the client secret")).to_be_visible()

    def reload() -> None:
        page.reload()
        expect(page.get_by_text("The secret is not shown again.")).to_be_visible()
        expect(secret).to_have_count(0)

    look_again("secret-shown", make)
    look_again("secret-gone", reload)


def test_rights_are_given_by_keyboard(page: Page, admin_url: str, acme: Any) -> None:
    page.goto(admin_url + PAGES["role-changed"].format(**acme))
    box = page.get_by_role("checkbox", name="Sessions: end sessions")
    expect(
        page.get_by_role("group", name="Security").get_by_role("checkbox", name="Sessions: see")
    ).to_be_checked()
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(admin_url + PAGES["role-changed"].format(**acme))
    expect(box).to_be_checked()


def test_cell_on_a_phone_is_named_as_its_column(page: Page, admin_url: str) -> None:
    page.goto(f"{admin_url}oauth/client/")
    heads = [head.inner_text().split("\n")[0].strip() for head in page.locator("#result_list thead th").all()]
    named = page.evaluate(
        """() => [...document.querySelectorAll("#result_list tbody .data-row")[0].querySelectorAll("[data-label]")]
            .map(cell => cell.dataset.label)"""
    )
    page.set_viewport_size({"width": 390, "height": HEIGHT})
    cell = page.locator("#result_list .field-application").first
    shown = cell.evaluate("cell => getComputedStyle(cell, '::before').textTransform")
    assert {"Kind", "Application", "Secret made", "Consent", "State"} <= set(named) & set(heads)
    assert shown == "none"
