"""What people do on the pages, said once."""

from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person, RelyingParty
from tests.factories.clients import make_pkce


def fill_in(page: Page, person: Person, *, password: str | None = None) -> None:
    page.get_by_label("User name or e-mail").fill(person.username)
    page.get_by_label("Password", exact=True).fill(person.password if password is None else password)
    page.get_by_role("button", name="Sign in").click()


def sign_in(page: Page, base_url: str, person: Person) -> None:
    page.goto(f"{base_url}/login/")
    fill_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your applications")


def authorization_url(base_url: str, client: RelyingParty, **more: str) -> str:
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.callback,
        "scope": "openid profile email",
        "state": "the-state",
        "code_challenge": make_pkce().challenge,
        "code_challenge_method": "S256",
        **more,
    }
    return f"{base_url}/oauth/authorize?{urlencode(parameters)}"


def returned(page: Page, client: RelyingParty) -> dict[str, str]:
    """The parameters with which the browser was sent back to the application."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme")
    assert page.url.startswith(f"{client.callback}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
