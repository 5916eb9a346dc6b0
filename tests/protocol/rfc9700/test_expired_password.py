"""An expired password opens no application: the person is led to change it, a silent client gets its answer."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.directory.models import User
from apps.oauth.models import Authorization
from tests.factories.clients import TestClient, authorization_parameters, make_pkce
from tests.factories.people import PASSWORD, sign_in
from tests.protocol.answers import assert_code_redirect, assert_error_redirect, assert_shows_consent

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.6")]


@pytest.fixture
def visitor(person: User) -> Browser:
    User.objects.filter(pk=person.pk).update(password_expires_at=timezone.now() - timedelta(days=1))
    browser = Browser()
    sign_in(browser, person)
    return browser


def test_authorization_waits_for_the_new_password(visitor: Browser, app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce())
    led = visitor.get("/oauth/authorize", parameters)
    assert led.status_code == 302
    assert led["Location"].startswith("/account/password?next=%2Foauth%2Fauthorize%3F")
    page = visitor.get(led["Location"])
    # The browser holds the redirect to the application to the form's page.
    assert "form-action 'self' https://" in page["Content-Security-Policy"]
    query = led.wsgi_request.META["QUERY_STRING"]
    sent = {"present": PASSWORD, "chosen": "Another-Door-Opens-8!", "again": "Another-Door-Opens-8!"}
    back = visitor.post("/account/password", {**sent, "next": f"/oauth/authorize?{query}"})
    assert back["Location"] == f"/oauth/authorize?{query}"
    assert_shows_consent(visitor.get(back["Location"]))
    assert_code_redirect(visitor.post(f"/oauth/authorize?{query}", {"action": "allow"}))


def test_consent_form_is_no_way_around_it(visitor: Browser, app: TestClient) -> None:
    seen = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    query = seen.wsgi_request.META["QUERY_STRING"]
    answer = visitor.post(f"/oauth/authorize?{query}", {"action": "allow"})
    assert answer["Location"] == f"/oauth/authorize?{query}"
    assert not Authorization.objects.exists()


def test_silent_request_is_answered_that_the_person_has_to_act(visitor: Browser, app: TestClient) -> None:
    answer = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), prompt="none"))
    assert_error_redirect(answer, "interaction_required")
    assert not Authorization.objects.exists()
