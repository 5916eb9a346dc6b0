"""Every list of the administration and its pages: axe in light, dark and on a phone, and no wider than the window."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from identity.settings.admin_theme import SIDEBAR
from tests.e2e.conftest import HEIGHT, Person
from tests.e2e.steps import sign_in
from tests.services.browser import assert_accessible
from tests.services.gatehouse import Gatehouse, start_gatehouse

GUISES = [("light", 1280), ("dark", 1280), ("light", 390)]
LISTS = [item["link"] for section in SIDEBAR for item in section["items"]]
# What the demonstration leaves empty, with names as long as they may be.
FURNISH = """
from datetime import UTC, datetime
from apps.directory.models import User
from apps.oauth.models import Authorization, Client
from apps.signin.models import AddressThrottle

now = datetime.now(UTC)
AddressThrottle.objects.create(
    address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", failed_sign_ins=3, first_failed_at=now
)
client = Client.objects.order_by("name").first()
client.name = "Long " * 20 + "Unbroken" * 12
client.save()
Authorization.objects.create(
    user=User.objects.first(), client=client, scope="openid profile email", auth_time=now, created_at=now
)
"""


@pytest.fixture(scope="module")
def acme(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Gatehouse, Person]]:
    """A server of its own with the demonstration's organisation, and its administrator."""
    server = start_gatehouse(tmp_path_factory.mktemp("acme"), server_url=None)
    try:
        people = json.loads(server.manage("demo_data", "--json").stdout)["people"]
        server.manage("shell", "--no-imports", "-c", FURNISH)
        server.manage("verify_audit_log", check=False)
        admin = next(person for person in people if person["username"] == "admin")
        yield server, Person(admin["username"], admin["password"])
    finally:
        server.stop()


# What is clicked and never reached with Tab.
MOUSE_ONLY = """
() => [...document.querySelectorAll("*")]
    .filter(element => [...element.attributes].some(one => /^x-on:click(\\.stop|\\.prevent)*$/.test(one.name)))
    .filter(element => !element.matches("a[href], button, input, summary"))
    .map(element => element.outerHTML.slice(0, 200))
"""


def look_at(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)
    assert page.evaluate(MOUSE_ONLY) == []
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= window, f"{page.url} is {width - window} px wider than its window"


@pytest.mark.parametrize("address", LISTS, ids=str)
@pytest.mark.parametrize(("scheme", "width"), GUISES, ids=["light", "dark", "phone"])
def test_list_and_its_pages(
    page: Page, acme: tuple[Gatehouse, Person], address: Any, scheme: Any, width: int
) -> None:
    server, administrator = acme
    sign_in(page, server.base_url, administrator)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.base_url}{address}")
    expect(page.locator("html")).to_have_class(re.compile("dark" if scheme == "dark" else "^(?!.*dark)"))
    look_at(page)
    for link in _pages_of(page):
        page.goto(link)
        look_at(page)
        for tabs in (".fieldset-tabs > button", "#tabs-items > a"):
            for tab in page.locator(f"{tabs}:visible").all()[1:]:
                tab.click()
                look_at(page)
    page.goto(f"{server.base_url}{address}")
    every_row = page.get_by_label("Select all objects on this page")
    if every_row.count():
        every_row.check()
        expect(page.locator("#changelist-actions")).to_be_visible()
        look_at(page)
    filters = page.get_by_role("button", name="Filters")
    if filters.count():
        page.goto(f"{server.base_url}{address}")
        filters.click()
        expect(page.get_by_role("dialog", name="Filters")).to_be_visible()
        look_at(page)


def _pages_of(page: Page) -> list[str]:
    """Where the list leads to: its first object, and the page that adds one."""
    found = [
        page.locator("#result_list tbody :is(th, td)[class*=field-] a").first,
        page.locator('a[href$="/add/"]').first,
    ]
    return [link.evaluate("link => link.href") for link in found if link.count()]


def test_bar_of_the_overview_leads_to_the_rows_behind_it(page: Page, acme: tuple[Gatehouse, Person]) -> None:
    server, administrator = acme
    sign_in(page, server.base_url, administrator)
    page.goto(f"{server.base_url}/admin/")
    chart = page.locator("canvas.chart")
    expect(chart).to_be_visible()
    # Today's bar is the last, and stands on the axis.
    x, y = page.evaluate(
        """() => {
            const chart = Chart.getChart(document.querySelector("canvas.chart"));
            const bar = chart.getDatasetMeta(0).data.at(-1);
            return [bar.x, (bar.y + bar.base) / 2];
        }"""
    )
    chart.click(position={"x": x, "y": y})
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    expect(page).to_have_url(re.compile(r"action=user\.signed_in&when=\d{4}-\d\d-\d\d$"))
