"""Every list of the administration and its pages: axe in light, dark and on a phone, and no wider than the window."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from identity.settings.admin_theme import SIDEBAR
from tests.e2e.conftest import HEIGHT, Person, Picture
from tests.e2e.steps import sign_in
from tests.services.browser import assert_accessible
from tests.services.gatehouse import Gatehouse, start_gatehouse

GUISES = [("light", 1280), ("dark", 1280), ("light", 390)]
LISTS = [item["link"] for section in SIDEBAR for item in section["items"]]
# What the demonstration leaves empty, with names as long as they may be.
FURNISH = """
from datetime import UTC, datetime, timedelta
from apps.directory.models import PasswordPolicy, User
from apps.oauth.models import Authorization, Client
from apps.signin.models import AddressThrottle

now = datetime.now(UTC)
User.objects.filter(username__in=["bob", "simon"]).update(locked_until=now + timedelta(days=1))
AddressThrottle.objects.create(
    address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", failed_sign_ins=3, first_failed_at=now
)
PasswordPolicy.objects.create()
PasswordPolicy.objects.create(style="nist", minimum_length=15, max_age_days=None)
client = Client.objects.order_by("name").first()
client.name = "Long " * 20 + "Unbroken" * 12
client.save()
for user in (User.objects.first(), User.objects.get(username="bob")):
    Authorization.objects.create(
        user=user, client=client, scope="openid profile email", auth_time=now, created_at=now
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


@pytest.mark.parametrize(("scheme", "width"), GUISES, ids=["light", "dark", "phone"])
def test_password_policy_begins_from_the_one_in_force(
    page: Page, acme: tuple[Gatehouse, Person], picture: Picture, scheme: Any, width: int
) -> None:
    server, administrator = acme
    sign_in(page, server.base_url, administrator)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.base_url}/admin/directory/passwordpolicy/")
    expect(page.get_by_text(re.compile(r"\d+, in force"))).to_be_visible()
    picture(page, f"policy-list-{scheme}-{width}")
    page.goto(f"{server.base_url}/admin/directory/passwordpolicy/add/")
    expect(page.get_by_label("characters at least")).to_have_value("15")
    look_at(page)
    picture(page, f"policy-add-{scheme}-{width}")


@pytest.mark.parametrize(("scheme", "width"), GUISES, ids=["light", "dark", "phone"])
def test_pages_of_one_person(
    page: Page, acme: tuple[Gatehouse, Person], picture: Picture, scheme: Any, width: int
) -> None:
    server, administrator = acme
    sign_in(page, server.base_url, administrator)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)

    def look_and_keep(name: str) -> None:
        look_at(page)
        picture(page, f"{name}-{scheme}-{width}")

    people = f"{server.base_url}/admin/directory/user/"
    page.goto(people)
    look_and_keep("people")
    table = page.locator("#result_list")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    page.goto(f"{people}add/")
    page.get_by_label("User name").fill("no spaces please")
    page.get_by_role("button", name="Make one up").click()
    look_and_keep("add-person")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Use letters, digits")).to_be_visible()
    look_and_keep("add-person-refused")
    page.goto(f"{people}?q=bob.fischer")
    address = (
        page.get_by_role("link", name="Bob Fischer").evaluate("link => link.href").partition("change/")[0]
    )
    page.goto(f"{address}change/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob Fischer")
    for tab in ("Language and time", "Administration"):
        page.get_by_role("button", name=tab).click()
        look_and_keep(f"person-{tab.split()[0].lower()}")
    for name in ("password/", "actions/suspend/", "actions/deprovision/"):
        page.goto(f"{address}{name}")
        expect(page.locator("#main").get_by_role("heading")).to_have_count(1)
        look_and_keep(f"person-{name.strip('/').replace('/', '-')}")


def test_password_is_shown_made_up_and_copied_with_the_keyboard(
    page: Page, acme: tuple[Gatehouse, Person]
) -> None:
    server, administrator = acme
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, server.base_url, administrator)
    page.goto(f"{server.base_url}/admin/directory/user/?q=kofi")
    page.get_by_role("link", name="Kofi Mensah").click()
    page.get_by_role("link", name="Set password").click()
    field = page.get_by_label("New password")
    show = page.get_by_role("button", name="Show the password")
    said = page.locator("[data-new-password] [role=status]")
    field.fill("Wooden")
    page.keyboard.press("Tab")
    expect(show).to_be_focused()
    page.keyboard.press("Space")
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(field).to_have_attribute("type", "password")
    expect(show).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Tab")
    made = set()
    for _ in range(3):
        page.keyboard.press("Enter")
        made.add(field.input_value())
    assert len(made) == 3
    assert all(re.fullmatch(r"([A-Za-z2-9]{5}-){3}[A-Za-z2-9]{5}", one) for one in made), made
    expect(field).to_have_attribute("type", "text")
    expect(said).to_contain_text("A password was made up")
    assert_accessible(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(said).to_have_text("Copied.")
    password = field.input_value()
    assert page.evaluate("navigator.clipboard.readText()") == password
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Kofi Mensah has a new password.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, server.base_url, Person("kofi", password))


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


RETIRE = (
    'from apps.keys.models import SigningKey; SigningKey.objects.filter(algorithm="ES256").update(state="{}")'
)


@pytest.mark.parametrize(("scheme", "width"), GUISES, ids=["light", "dark", "phone"])
def test_system_status_with_something_wrong(
    page: Page, acme: tuple[Gatehouse, Person], scheme: Any, width: int
) -> None:
    server, administrator = acme
    sign_in(page, server.base_url, administrator)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    server.manage("shell", "--no-imports", "-c", RETIRE.format("retired"))
    try:
        page.goto(f"{server.base_url}/admin/dashboards/systemstatus/")
        expect(page.get_by_text("There is no active ES256 key")).to_be_visible()
        look_at(page)
    finally:
        server.manage("shell", "--no-imports", "-c", RETIRE.format("active"))
