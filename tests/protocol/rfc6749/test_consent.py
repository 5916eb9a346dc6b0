"""What a person allowed a client: asked once, by themselves, for these scopes."""

from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from apps.access.models import Application
from apps.directory.models import User
from apps.oauth.models import Authorization, Consent
from tests.factories.clients import TestClient, authorization_parameters, make_client, make_pkce
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


def test_person_without_a_role_in_the_application_is_refused(visitor: Browser) -> None:
    closed = make_client(audience=Application.Audience.ASSIGNED)
    assert_error_redirect(visitor.get(path_of(closed)), "access_denied")
    assert_error_redirect(visitor.post(path_of(closed), {"action": "allow"}), "access_denied")
