"""One's own account: profile, sessions, browsers, activity and connected applications."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Look, Person, RelyingParty
from tests.e2e.steps import authorization_url, fill_in, returned, sign_in
from tests.services.gatehouse import Gatehouse

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
PAGES = ["Profile", "Password", "Sessions", "Browsers", "Activity", "Connected applications"]
FURNISH = """
from datetime import UTC, datetime
from apps.access.models import Role
from apps.access.services.assignments import assign_role
from apps.audit.ports import Subject
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
user = User.objects.get(username="{username}")
anna, _ = User.objects.get_or_create(username="anna.keller", display_name="Anna Keller")
User.objects.filter(pk=user.pk).update(
    department="Finance", job_title="Accountant for everything that is long " * 3, manager=anna
)
group, _ = Group.objects.get_or_create(name="Night watch")
Membership.objects.create(user=user, group=group)
role = Role.objects.get(slug="on-call")
assign_role(
    role=role, user=user, reason="", actor=Subject("user", str(anna.pk), anna.username), origin=SYSTEM_ORIGIN,
    now=datetime.now(UTC),
)
"""


def test_every_page_is_one_step_away(page: Page, gatehouse: Gatehouse, person: Person) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Account").click()
    side = page.get_by_role("navigation", name="Your account")
    assert [text.strip() for text in side.get_by_role("link").all_inner_texts()] == PAGES
    for name in PAGES:
        side.get_by_role("link", name=name).click()
        expect(side.locator("[aria-current=page]")).to_have_text(name)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_profile_says_what_is_known_and_takes_a_time_zone(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    gatehouse.manage("shell", "--no-imports", "-c", FURNISH.format(username=person.username))
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/profile")
    expect(page.get_by_text("Anna Keller")).to_be_visible()
    look(page, "account-profile")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    look(page, "account-profile-saved")
    page.goto(f"{gatehouse.base_url}/account/activity")
    expect(page.get_by_text("You changed your time zone.")).to_be_visible()
    # The browser's own zone is another one.
    in_tokyo = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert (
        f"{in_tokyo.day} {in_tokyo:%B %Y at %H:}"
        in page.get_by_role("main").locator("time").first.inner_text()
    )
    expect(page.get_by_text("Anna Keller gave you the role On call.")).to_be_visible()
    look(page, "account-activity")
    page.get_by_role("link", name="What you administer").click()
    look(page, "account-activity-empty")


def test_profile_that_others_have_changed_is_not_overwritten(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    elsewhere = browser.new_context(locale="en-GB")
    other = elsewhere.new_page()
    for each in (page, other):
        sign_in(each, gatehouse.base_url, person)
        each.goto(f"{gatehouse.base_url}/account/profile")
    for each, zone in ((other, "Europe/Zurich"), (page, "Asia/Tokyo")):
        each.get_by_label("Time zone").select_option(zone)
        each.get_by_role("button", name="Save").click()
    expect(page.get_by_text("nothing was saved")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Zurich")
    look(page, "account-profile-overtaken")
    elsewhere.close()


def test_session_on_another_device_is_ended(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    elsewhere = browser.new_context(locale="en-GB", user_agent=FIREFOX)
    far = elsewhere.new_page()
    sign_in(far, gatehouse.base_url, person)
    sign_in(page, gatehouse.base_url, person)
    page.get_by_role("link", name="Signed in at 2 places").click()
    entry = page.get_by_role("listitem").filter(has_text="Firefox on Windows")
    expect(page.get_by_text("Don't recognise one?")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="This session")).to_have_count(1)
    look(page, "account-sessions")
    entry.get_by_role(
        "button", name=re.compile(r"Sign out of Firefox on Windows, signed in \d+ \w+ \d{4}")
    ).click()
    done = page.get_by_role("status")
    expect(done).to_have_text("Signed out: Firefox on Windows.")
    expect(done).to_be_focused()
    look(page, "account-session-ended")
    # With one place left there is nothing to recognise.
    expect(page.get_by_text("Don't recognise one?")).to_have_count(0)
    expect(page.get_by_role("link", name="Sign out everywhere else")).to_have_count(0)
    far.reload()
    expect(far.get_by_role("heading", level=1)).to_have_text("Sign in")
    elsewhere.close()


def test_everywhere_else_is_signed_out_once_it_is_confirmed(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    elsewhere = [browser.new_context(locale="en-GB", user_agent=FIREFOX) for _ in range(2)]
    for context in elsewhere:
        sign_in(context.new_page(), gatehouse.base_url, person)
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/sessions")
    page.get_by_role("link", name="Sign out everywhere else").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign out everywhere else?")
    expect(page.get_by_role("listitem").filter(has_text="Firefox on Windows")).to_have_count(2)
    look(page, "account-end-others")
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_role("status")).to_have_text("Signed out in 2 other places.")
    for context in elsewhere:
        context.pages[0].reload()
        expect(context.pages[0].get_by_role("heading", level=1)).to_have_text("Sign in")
        context.close()


def test_browsers_are_forgotten(
    page: Page, browser: Browser, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    elsewhere = browser.new_context(locale="en-GB", user_agent=FIREFOX)
    sign_in(elsewhere.new_page(), gatehouse.base_url, person)
    elsewhere.close()
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/devices")
    expect(page.get_by_role("listitem").filter(has_text="This browser")).to_have_count(1)
    look(page, "account-browsers")
    page.get_by_role("button", name="Forget Firefox on Windows").click()
    expect(page.get_by_role("status")).to_have_text("Forgotten: Firefox on Windows.")
    page.goto(f"{gatehouse.base_url}/account/devices/forget-all")
    look(page, "account-forget-all")
    page.get_by_role("button", name="Forget all").click()
    expect(page.get_by_role("heading", name="No browser is recognised")).to_be_visible()
    look(page, "account-browsers-none")


def test_application_is_disconnected(
    page: Page, gatehouse: Gatehouse, person: Person, register: Callable[..., RelyingParty], look: Look
) -> None:
    client = register("--scope", "openid profile email offline_access")
    page.goto(authorization_url(gatehouse.base_url, client, scope="openid profile offline_access"))
    fill_in(page, person)
    page.get_by_role("button", name="Allow", exact=True).click()
    returned(page, client)
    page.goto(f"{gatehouse.base_url}/account/sessions")
    expect(page.get_by_text(client.name)).to_be_visible()
    page.goto(f"{gatehouse.base_url}/account/apps")
    look(page, "account-connected")
    page.get_by_role("link", name=f"Remove access of {client.name}").click()
    look(page, "account-disconnect")
    page.get_by_role("button", name="Remove access").click()
    expect(page.get_by_role("status")).to_have_text(f"{client.name} has no access to your account any more.")
    expect(page.get_by_role("heading", name="No application has access")).to_be_visible()
    look(page, "account-connected-none")


DEFINE = """
from apps.directory.models import Attribute

for position, (slug, label, kind, more) in enumerate((
    ("desk", "Desk", "text", {"pattern": "[0-9]+[.][0-9]+", "help_text": "Floor and desk, such as 4.12"}),
    ("languages", "Languages", "choice", {"choices": ["English", "German", "Danish"], "is_multivalued": True}),
    ("size", "T-shirt size", "choice", {"choices": ["S", "M", "L"]}),
    ("since", "First day in this building", "date", {}),
)):
    Attribute.objects.get_or_create(
        slug=slug, defaults={"label": label, "kind": kind, "position": position, "for_person": "edit", **more}
    )
"""


def test_details_are_changed_where_the_organisation_lets_people(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    gatehouse.manage("shell", "--no-imports", "-c", DEFINE)
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/account/profile")
    page.get_by_role("link", name="Change your details").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your details")
    page.get_by_label("Desk").fill("by the window")
    page.get_by_label("German").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("It does not match the pattern")
    look(page, "details-refused")
    expect(page.get_by_label("German")).to_be_checked()
    page.get_by_label("Desk").fill("4.12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    expect(page.get_by_text("4.12")).to_be_visible()
    look(page, "profile-with-details")
