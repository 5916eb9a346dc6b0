"""Every list of the administration and its pages: axe in light and dark, wide and on a phone; nothing sticks out."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from identity.settings.admin_theme import SIDEBAR
from tests.e2e.conftest import GUISES, HEIGHT, Person, Picture
from tests.e2e.steps import sign_in
from tests.services.browser import assert_accessible
from tests.services.gatehouse import Gatehouse

LINKS = [item["link"] for section in SIDEBAR for item in section["items"]]
LISTS = [link for link in LINKS if str(link).startswith("/admin/")]
IN_EACH_GUISE = pytest.mark.parametrize(("scheme", "width"), GUISES.values(), ids=GUISES)
# What the demonstration leaves empty, with names as long as they may be.
FURNISH = """
from datetime import UTC, datetime, timedelta
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Attribute, Group, PasswordPolicy, User
from apps.directory.services.group_nesting import nest_group
from apps.directory.services.people import change_person
from apps.directory.services.units import UnitDetails, create_unit
from apps.oauth.models import Authorization, Client
from apps.signin.models import AddressThrottle
from apps.terms.models import Acceptance, TermsVersion

now = datetime.now(UTC)
User.objects.filter(username__in=["bob", "simon"]).update(locked_until=now + timedelta(days=1))
AddressThrottle.objects.create(
    address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", failed_sign_ins=3, first_failed_at=now
)
by = {"actor": SYSTEM, "origin": SYSTEM_ORIGIN, "now": now}
groups = {group.name: group for group in Group.objects.all()}
everybody = Group.objects.create(name="Everybody at Acme", description="All who work here")
for name in ("Engineering", "Finance"):
    nest_group(parent=everybody, child=groups[name], **by)
anna, emma = (User.objects.get(username=name) for name in ("anna", "emma"))
acme = create_unit(details=UnitDetails(name="Acme", kind="company", head=anna), **by)
products = create_unit(details=UnitDetails(name="Products", kind="division", parent=acme, head=emma), **by)
tools = create_unit(details=UnitDetails(name="Tools " + "Unbroken" * 12, code="T-1", parent=products), **by)
User.objects.filter(department="Engineering").update(unit=tools)
for position, (label, kind, more) in enumerate((
    ("Contract ends", "date", {}),
    ("Hours a week", "number", {"minimum": 1, "maximum": 60}), ("First aid", "boolean", {}),
    ("Home page", "url", {}), ("Skills", "text", {"is_multivalued": True}),
    ("Personnel number", "text", {"for_administrators": "see"}),
)):
    slug = label.lower().replace(" ", "_").replace("-", "")
    Attribute.objects.create(label=label, slug=slug, kind=kind, position=position, **more)
change_person(
    user=User.objects.get(username="bob"), changes={}, attributes={
        "desk": ["4.12"], "tshirt": ["M"], "languages": ["English", "German"], "contract_ends": ["2026-12-31"],
        "hours_a_week": ["37.5"], "first_aid": ["yes"], "mentor": ["emma"], "skills": ["Welding", "Sewing"],
        "personnel_number": ["4711"],
    }, **by,
)
words = {"title_en": "Rules " * 20, "text_en": "# Rules\\n\\nBe kind. " + "Unbroken" * 12}
TermsVersion.objects.create(**words)
version = TermsVersion.objects.create(state="withdrawn", number=1, published_at=now, ended_at=now, **words)
Acceptance.objects.create(user=anna, version=version, accepted_at=now, language="en")
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
def acme(demonstration: tuple[Gatehouse, Person]) -> Gatehouse:
    server, _administrator = demonstration
    server.manage("shell", "--no-imports", "-c", FURNISH)
    server.manage("verify_audit_log", check=False)
    return server


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
@IN_EACH_GUISE
def test_list_and_its_pages(
    page: Page, acme: Gatehouse, at_desk: str, address: Any, scheme: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{at_desk}{address}")
    expect(page.locator("html")).to_have_class(re.compile("dark" if scheme == "dark" else "^(?!.*dark)"))
    look_at(page)
    for link in _pages_of(page):
        page.goto(link)
        look_at(page)
        for tabs in (".fieldset-tabs > button", "#tabs-items > a"):
            for tab in page.locator(f"{tabs}:visible").all()[1:]:
                tab.click()
                look_at(page)
    page.goto(f"{at_desk}{address}")
    every_row = page.get_by_label("Select all objects on this page")
    if every_row.count():
        every_row.check()
        expect(page.locator("#changelist-actions")).to_be_visible()
        look_at(page)
    filters = page.get_by_role("button", name="Filters")
    if filters.count():
        page.goto(f"{at_desk}{address}")
        filters.click()
        expect(page.get_by_role("dialog", name="Filters")).to_be_visible()
        look_at(page)


@IN_EACH_GUISE
def test_password_policy_begins_from_the_one_in_force(
    page: Page, acme: Gatehouse, at_desk: str, picture: Picture, scheme: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{at_desk}/admin/directory/passwordpolicy/")
    expect(page.get_by_text(re.compile(r"\d+, in force"))).to_be_visible()
    picture(page, f"policy-list-{scheme}-{width}")
    page.goto(f"{at_desk}/admin/directory/passwordpolicy/add/")
    expect(page.get_by_label("characters at least")).to_have_value("15")
    look_at(page)
    picture(page, f"policy-add-{scheme}-{width}")


@IN_EACH_GUISE
def test_pages_of_one_person(
    page: Page, acme: Gatehouse, at_desk: str, picture: Picture, scheme: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)

    def look_and_keep(name: str) -> None:
        look_at(page)
        picture(page, f"{name}-{scheme}-{width}")

    people = f"{at_desk}/admin/directory/user/"
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


@IN_EACH_GUISE
def test_pages_of_the_directory(
    page: Page, acme: Gatehouse, at_desk: str, picture: Picture, scheme: Any, width: int
) -> None:
    """Groups within groups, the tree of units, attributes and what somebody has of them."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)

    def look_and_keep(name: str) -> None:
        look_at(page)
        picture(page, f"{name}-{scheme}-{width}")

    directory = f"{at_desk}/admin/directory"
    page.goto(f"{directory}/group/?q=everybody")
    page.get_by_role("link", name="Everybody at Acme").click()
    expect(
        page.get_by_text(re.compile(r"With those in the groups within it, \d+ people belong"))
    ).to_be_attached()
    for tab in ("Members", "Groups within it", "Lies in"):
        link = page.locator("#tabs-items > a", has_text=tab)
        # On a phone the last ones are behind a button.
        if link.is_visible():
            link.click()
            look_and_keep(f"group-{tab.split()[0].lower()}")
    page.goto(f"{directory}/unit/")
    look_and_keep("units")
    for _level in range(2):
        page.locator("#result_list").get_by_role("link", name="1 unit", exact=True).click()
    expect(page.get_by_role("navigation", name="Place in the tree")).to_contain_text("Products")
    look_and_keep("units-below")
    page.goto(f"{directory}/unit/?q=T-1")
    page.get_by_role("link", name=re.compile("^Tools")).click()
    look_and_keep("unit")
    page.goto(f"{directory}/attribute/")
    look_and_keep("attributes")
    page.get_by_role("link", name="T-shirt").click()
    rules = [page.get_by_label(name, exact=True) for name in ("Choices", "Pattern", "At least", "At most")]
    for kind, shown in {"Date": "0000", "Number": "0011", "Text": "0111", "Choice": "1000"}.items():
        page.get_by_label("Type").select_option(kind)
        assert "".join(str(int(rule.is_visible())) for rule in rules) == shown
    expect(rules[0]).to_have_value(re.compile("^XS"))
    look_and_keep("attribute")
    page.goto(f"{directory}/user/?attribute=skills&value=Welding")
    page.get_by_role("link", name="Bob Fischer").click()
    page.get_by_role("button", name="Attributes").click()
    look_and_keep("person-attributes")
    page.get_by_label("Desk").fill("upstairs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It does not match the pattern").first).to_be_attached()
    look_and_keep("person-attributes-refused")
    page.get_by_role("button", name="Employment").click()
    page.get_by_label("Starts on").fill("2026-12-31")
    page.get_by_label("Ends on").fill("2026-01-01")
    page.get_by_role("button", name="Save", exact=True).click()
    look_and_keep("person-dates-refused")
    page.goto(f"{at_desk}/admin/access/role/add/")
    page.get_by_label("People: change").check()
    expect(page.get_by_label("People: see")).to_be_checked()


def test_password_is_shown_made_up_and_copied_with_the_keyboard(
    page: Page, acme: Gatehouse, at_desk: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{at_desk}/admin/directory/user/?q=kofi")
    page.get_by_role("link", name="Kofi Mensah").click()
    page.get_by_role("link", name="Set password").click()
    field = page.get_by_label("New password")
    show = page.get_by_role("button", name="Show the password")
    said = page.locator("[data-new-password] [role=status]")
    # The buttons come with their script; before it, Tab has nothing to go to here.
    expect(show).to_be_visible()
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
    page.get_by_label("They choose their own at the next sign-in").uncheck()
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Kofi Mensah has a new password.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, at_desk, Person("kofi", password))


def _pages_of(page: Page) -> list[str]:
    """Where the list leads to: its first object, and the page that adds one."""
    found = [
        page.locator("#result_list tbody :is(th, td)[class*=field-] a").first,
        page.locator('a[href$="/add/"]').first,
    ]
    return [link.evaluate("link => link.href") for link in found if link.count()]


def test_bar_of_the_overview_leads_to_the_rows_behind_it(page: Page, acme: Gatehouse, at_desk: str) -> None:
    page.goto(f"{at_desk}/admin/")
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


@IN_EACH_GUISE
def test_system_status_with_something_wrong(
    page: Page, acme: Gatehouse, at_desk: str, scheme: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    acme.manage("shell", "--no-imports", "-c", RETIRE.format("retired"))
    try:
        page.goto(f"{at_desk}/admin/dashboards/systemstatus/")
        expect(page.get_by_text("There is no active ES256 key")).to_be_visible()
        look_at(page)
    finally:
        acme.manage("shell", "--no-imports", "-c", RETIRE.format("active"))
