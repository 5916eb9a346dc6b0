"""What a person allowed a client: asked once, by themselves, for these scopes."""

import re
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client as Browser

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.answers import RedirectToClient
from apps.oauth.models import Authorization, Consent
from examples.relying_party.oidc import REFUSED_IN_WORDS
from tests.factories.clients import (
    REDIRECT_URI,
    TestClient,
    authorization_parameters,
    make_client,
    make_pkce,
    returned,
)
from tests.factories.people import PASSWORD, make_user, sign_in
from tests.protocol.answers import (
    assert_asks_for_sign_in,
    assert_code_redirect,
    assert_error_redirect,
    assert_shows_consent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "4.1.1")]


def path_of(app: TestClient, **more: str) -> str:
    return f"/oauth/authorize?{urlencode(authorization_parameters(app, make_pkce(), **more))}"


@pytest.mark.spec("RFC 6749", "10.12")
def test_consent_cannot_be_given_by_another_site(person: User, app: TestClient) -> None:
    browser = Browser(enforce_csrf_checks=True)
    token = browser.get("/login/").context["csrf_token"]
    browser.post(
        "/login/",
        {"identifier": person.username, "password": PASSWORD, "csrfmiddlewaretoken": token},
    )
    answer = browser.post(path_of(app), {"action": "allow"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not Authorization.objects.exists()


def test_person_who_does_not_consent_sends_the_client_away(visitor: Browser, app: TestClient) -> None:
    answer = visitor.post(path_of(app), {"action": "deny"})
    assert_error_redirect(answer, "access_denied")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("action", ["", "ALLOW", "allow ", "yes"])
def test_anything_but_allow_is_no_consent(visitor: Browser, app: TestClient, action: str) -> None:
    assert_error_redirect(visitor.post(path_of(app), {"action": action}), "access_denied")


def test_consent_is_asked_once_for_the_same_scopes(visitor: Browser, app: TestClient) -> None:
    visitor.post(path_of(app), {"action": "allow"})
    assert_code_redirect(visitor.get(path_of(app)))
    assert_code_redirect(visitor.get(path_of(app, scope="openid")))


def test_consent_is_asked_again_for_more_scopes(visitor: Browser, app: TestClient) -> None:
    visitor.post(path_of(app, scope="openid"), {"action": "allow"})
    assert_shows_consent(visitor.get(path_of(app, scope="openid email")))


def test_consent_of_one_person_is_not_that_of_another(visitor: Browser, app: TestClient) -> None:
    visitor.post(path_of(app), {"action": "allow"})
    browser = Browser()
    sign_in(browser, make_user())
    assert_shows_consent(browser.get(path_of(app)))


def test_consent_for_one_client_is_not_for_another(
    visitor: Browser, app: TestClient, other_app: TestClient
) -> None:
    visitor.post(path_of(app), {"action": "allow"})
    assert_shows_consent(visitor.get(path_of(other_app)))


def test_first_party_client_is_not_asked_about(visitor: Browser) -> None:
    assert_code_redirect(visitor.get(path_of(make_client(skip_authorization=True))))


def test_consent_without_being_signed_in_starts_with_signing_in(machine: Browser, app: TestClient) -> None:
    first = machine.post(path_of(app), {"action": "allow"})
    assert first.status_code == HTTPStatus.FOUND
    assert_asks_for_sign_in(machine.get(first["Location"]))
    assert not Authorization.objects.exists()


def closed_client(**application: Any) -> TestClient:
    closed = make_client(audience=Application.Audience.ASSIGNED)
    Application.objects.filter(pk=closed.row.application_id).update(**application)
    return closed


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("method", ["get", "post"])
def test_person_without_a_role_is_told_so_and_takes_the_refusal_back_to_the_client(
    visitor: Browser, method: str
) -> None:
    closed = closed_client(name="Payroll & Co")
    page = (
        visitor.get(path_of(closed))
        if method == "get"
        else visitor.post(path_of(closed), {"action": "allow"})
    )
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "You have no access to Payroll &amp; Co" in page.content.decode()
    assert not page.has_header("Location")
    assert_error_redirect(went_back(page), "access_denied")
    assert not Authorization.objects.exists()
    assert AuditEvent.objects.get(action="authorization.refused").details["reason"] == "no_role"


def test_way_back_of_a_refusal_is_the_redirect_uri_of_the_request(visitor: Browser) -> None:
    native = "com.example.app:/callback"
    closed = make_client(
        kind="native", audience=Application.Audience.ASSIGNED, redirect_uris=[REDIRECT_URI, native]
    )
    page = visitor.get(path_of(closed, redirect_uri=native, state="s&<1>"))
    assert_error_redirect(went_back(page), "access_denied", to=native, state="s&<1>")


@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.6")
def test_client_that_may_show_nothing_is_told_of_the_refusal_at_once(visitor: Browser) -> None:
    assert_error_redirect(visitor.get(path_of(closed_client(), prompt="none")), "access_denied")
    assert AuditEvent.objects.get(action="authorization.refused").details["reason"] == "no_role"


def test_refusal_names_whom_to_ask(visitor: Browser, person: User) -> None:
    owner = make_user(display_name="Olive Owner")
    assert "ask Olive Owner" in visitor.get(path_of(closed_client(owner=owner))).content.decode()
    for nobody_else in (None, person):
        page = visitor.get(path_of(closed_client(owner=nobody_else))).content.decode()
        assert "ask your administrator" in page


def test_somebody_with_access_can_take_over_the_request(visitor: Browser) -> None:
    closed, insider = closed_client(), make_user()
    role = Role.objects.create(name="Clerk", slug="clerk", application_id=closed.row.application_id)
    Assignment.objects.create(role=role, user=insider)
    path = path_of(closed)
    assert f"/logout/?next={quote(path, safe='')}" in visitor.get(path).content.decode()
    visitor.post("/logout/", {"next": path})
    form = {"identifier": insider.username, "password": PASSWORD, "next": path}
    assert_shows_consent(visitor.get(visitor.post("/login/", form)["Location"]))


def test_sample_application_knows_both_refusals_by_their_descriptions(
    visitor: Browser, app: TestClient
) -> None:
    declined = visitor.post(path_of(app), {"action": "deny"})
    no_access = went_back(visitor.get(path_of(closed_client())))
    assert {returned(answer)["error_description"] for answer in (declined, no_access)} == set(
        REFUSED_IN_WORDS
    )


def went_back(page: Any) -> Any:
    """What the browser sees when the person follows the way back, as if it were the answer."""
    href = re.search(r'class="button button-main button-wide"\s+href="([^"]+)"', page.content.decode())
    assert href is not None
    return RedirectToClient(unescape(href[1]))


@pytest.mark.parametrize("lasting", ["", " offline_access"])
def test_what_administers_is_set_apart_with_a_warning(visitor: Browser, lasting: str) -> None:
    administers = "gatehouse:credentials.write gatehouse:assignments.write"
    scope = f"openid {administers}{lasting}"
    answer = visitor.get(path_of(make_client(scopes=scope), scope=scope))
    page = " ".join(unescape(answer.content.decode()).split())
    apart = page[page.index('id="administers-title"') : page.index('id="gets-title"')]
    assert "It could do all of this as if it were you" in apart
    assert ("also while you are away" in apart) == bool(lasting)
    for name in administers.split():
        assert f'data-scope="{name}"' in apart
        assert page.count(f'data-scope="{name}"') == 1
    assert 'data-scope="openid"' not in apart


def test_ordinary_application_gets_no_warning(visitor: Browser, app: TestClient) -> None:
    assert "administers-title" not in visitor.get(path_of(app)).content.decode()
