"""An application asks for a person: sign-in, consent, and the way back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Look, Person, RelyingParty
from tests.e2e.steps import authorization_url, fill_in, returned, sign_in
from tests.services.gatehouse import Gatehouse

Register = Callable[..., RelyingParty]
PUBLISH = """
from datetime import UTC, datetime
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.terms.models import TermsVersion
from apps.terms.services.publishing import publish_terms

draft = TermsVersion.objects.create(
    title_en="How we work with Acme's systems",
    text_en="These rules hold for everybody who signs in.\\n\\n# Your account\\n\\n- It is yours alone: nobody else "
    "uses it.\\n- Tell the service desk when you think that somebody did.\\n\\n# What you see\\n\\n" + "What you learn "
    "through an application is used for your work and for nothing else. See https://acme.example/rules.\\n\\n" * 6,
    title_de="Wie wir mit den Systemen von Acme arbeiten",
    text_de="Diese Regeln gelten für alle, die sich anmelden.",
)
assert publish_terms(version_id=draft.pk, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=datetime.now(UTC))
"""
WITHDRAW = """
from datetime import UTC, datetime
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.terms.models import TermsVersion
from apps.terms.services.publishing import withdraw_terms

version = TermsVersion.objects.get(state="in_force")
assert withdraw_terms(version_id=version.pk, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=datetime.now(UTC))
"""


def test_allowing_leads_back_with_a_code_and_is_remembered(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register()
    page.goto(authorization_url(gatehouse.base_url, client))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sign in to {client.name}")
    look(page, "sign-in-for-an-application")
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Allow {client.name} to use your account?")
    look(page, "consent")
    page.get_by_role("button", name="Allow", exact=True).click()
    answer = returned(page, client)
    assert answer["code"]
    assert answer["state"] == "the-state"
    assert answer["iss"] == gatehouse.base_url
    # Nothing is asked a second time.
    page.goto(authorization_url(gatehouse.base_url, client, state="again"))
    assert returned(page, client)["state"] == "again"


def test_answer_that_is_wanted_as_a_form_arrives_as_one(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register
) -> None:
    client = register()
    page.goto(authorization_url(gatehouse.base_url, client, response_mode="form_post"))
    fill_in(page, person)
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme")
    assert page.url == client.callback
    answer = parse_qs(page.locator("pre").inner_text())
    assert answer["code"][0]
    assert (answer["state"], answer["iss"]) == (["the-state"], [gatehouse.base_url])


def test_form_is_sent_by_hand_without_scripts(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register()
    sign_in(page, gatehouse.base_url, person)
    # Not a browser without scripts: the look at the page needs its own.
    page.route("**/static/js/page*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(authorization_url(gatehouse.base_url, client, response_mode="form_post"))
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back to the application")
    look(page, "answer-as-a-form")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme")
    assert parse_qs(page.locator("pre").inner_text())["state"] == ["the-state"]


@contextmanager
def terms_in_force(gatehouse: Gatehouse) -> Iterator[None]:
    """For everybody on this server, so not for longer than a test."""
    gatehouse.manage("shell", "--no-imports", "-c", PUBLISH)
    try:
        yield
    finally:
        gatehouse.manage("shell", "--no-imports", "-c", WITHDRAW)


def test_terms_are_read_and_accepted_on_the_way(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register()
    with terms_in_force(gatehouse):
        page.goto(authorization_url(gatehouse.base_url, client))
        fill_in(page, person)
        expect(page.get_by_role("heading", level=1)).to_have_text("How we work with Acme's systems")
        expect(page.get_by_text(f"Read and accept this to go on to {client.name}.")).to_be_visible()
        look(page, "terms")
        page.get_by_role("link", name="Deutsch").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Wie wir mit den Systemen von Acme arbeiten"
        )
        page.get_by_role("button", name="I accept").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Allow {client.name} to use your account?")
        page.get_by_role("button", name="Allow", exact=True).click()
        assert returned(page, client)["code"]
        page.goto(f"{gatehouse.base_url}/account/profile")
        expect(page.get_by_role("heading", name="What you accepted")).to_be_visible()
        look(page, "profile-with-terms")
        page.get_by_role("link", name="Terms of use, version").click()
        expect(page.get_by_text("You accepted this on")).to_be_visible()
        look(page, "terms-again")


def test_more_than_was_allowed_is_asked_for_again(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register("--scope", "openid profile email offline_access")
    page.goto(authorization_url(gatehouse.base_url, client, scope="openid"))
    fill_in(page, person)
    page.get_by_role("button", name="Allow", exact=True).click()
    assert returned(page, client)["code"]
    page.goto(authorization_url(gatehouse.base_url, client, scope="openid email offline_access"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Allow {client.name} to use your account?")
    look(page, "consent-for-more")


def test_declining_leads_back_without_a_code(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register
) -> None:
    client = register()
    sign_in(page, gatehouse.base_url, person)
    page.goto(authorization_url(gatehouse.base_url, client))
    page.get_by_role("button", name="Don't allow").click()
    answer = returned(page, client)
    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")
    assert "code" not in answer
    # And is asked again the next time.
    page.goto(authorization_url(gatehouse.base_url, client))
    expect(page.get_by_role("button", name="Allow", exact=True)).to_be_visible()


def test_person_without_a_role_is_told_so_and_goes_back(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register("--audience", "assigned")
    page.goto(authorization_url(gatehouse.base_url, client))
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You have no access to {client.name}")
    expect(page.get_by_text(f"{person.username}@example.org")).to_be_visible()
    look(page, "no-access")
    page.get_by_role("link", name=f"Back to {client.name}").click()
    answer = returned(page, client)
    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")
    assert answer["iss"] == gatehouse.base_url


def test_person_without_a_role_can_use_another_account(
    page: Page, gatehouse: Gatehouse, person: Person, on_call: Person, register: Register
) -> None:
    client = register("--audience", "assigned")
    sign_in(page, gatehouse.base_url, person)
    page.goto(authorization_url(gatehouse.base_url, client))
    page.get_by_role("link", name="Use another account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sign in to {client.name}")
    fill_in(page, on_call)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You have no access to {client.name}")
    expect(page.get_by_text(f"{on_call.username}@example.org")).to_be_visible()


def test_application_may_ask_for_the_password_once_more(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register("--first-party")
    sign_in(page, gatehouse.base_url, person)
    page.goto(authorization_url(gatehouse.base_url, client, prompt="login"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it is you")
    look(page, "confirm-password-for-an-application")
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Confirm").click()
    assert returned(page, client)["code"]


def test_somebody_else_can_take_over_at_the_consent_page(
    page: Page, gatehouse: Gatehouse, person: Person, on_call: Person, register: Register
) -> None:
    client = register()
    sign_in(page, gatehouse.base_url, person)
    page.goto(authorization_url(gatehouse.base_url, client))
    page.get_by_role("link", name="Not you?").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sign in to {client.name}")
    fill_in(page, on_call)
    expect(page.get_by_text(f"{on_call.username}@example.org")).to_be_visible()


def test_request_of_an_unknown_application_ends_here(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    page.goto(
        authorization_url(
            gatehouse.base_url, RelyingParty("nobody", "Nobody", "https://app.example.org/callback")
        )
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("This sign-in link does not work")
    look(page, "authorization-error")


def test_application_asks_to_sign_out(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register()
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/oauth/logout?client_id={client.client_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{client.name} asks to sign you out")
    look(page, "sign-out-for-an-application")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_long_name_does_not_widen_any_page(
    page: Page, gatehouse: Gatehouse, person: Person, register: Register, look: Look
) -> None:
    client = register(called="Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauuntr")
    page.goto(authorization_url(gatehouse.base_url, client))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sign in to {client.name}")
    look(page, "sign-in-long-name")
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Allow {client.name} to use your account?")
    look(page, "consent-long-name")
    page.goto(f"{gatehouse.base_url}/oauth/logout?client_id={client.client_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{client.name} asks to sign you out")
    look(page, "sign-out-long-name")
    page.goto(gatehouse.base_url)
    expect(page.get_by_role("heading", name=client.name)).to_be_visible()
    look(page, "portal-long-name")
    closed = register(
        "--audience", "assigned", called="Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz"
    )
    page.goto(authorization_url(gatehouse.base_url, closed))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You have no access to {closed.name}")
    look(page, "no-access-long-name")


def test_sign_out_request_that_cannot_be_understood_offers_to_sign_out(
    page: Page, gatehouse: Gatehouse, person: Person, look: Look
) -> None:
    sign_in(page, gatehouse.base_url, person)
    page.goto(f"{gatehouse.base_url}/oauth/logout?id_token_hint=nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("This sign-out link does not work")
    look(page, "sign-out-error")
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign out?")
