"""Terms that wait to be accepted open no application: the person is led to them, a silent client gets its answer."""

import pytest
from django.test import Client as Browser

from apps.directory.models import User
from apps.oauth.models import Authorization
from apps.terms.models import Acceptance, TermsVersion
from tests.factories.clients import (
    TestClient,
    authorization_parameters,
    introspect,
    make_pkce,
    obtain_tokens,
    refresh,
    userinfo,
)
from tests.factories.people import sign_in
from tests.factories.terms import make_version
from tests.protocol.answers import assert_code_redirect, assert_error_redirect, assert_shows_consent

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.6")]


@pytest.fixture
def visitor(person: User) -> Browser:
    browser = Browser()
    sign_in(browser, person)
    return browser


def test_authorization_waits_for_the_acceptance(visitor: Browser, app: TestClient) -> None:
    version = make_version()
    led = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    assert led["Location"].startswith("/account/terms?next=%2Foauth%2Fauthorize%3F")
    page = visitor.get(led["Location"])
    # The browser holds the redirect to the application to the form's page.
    assert "form-action 'self' https://" in page["Content-Security-Policy"]
    way_back = f"/oauth/authorize?{led.wsgi_request.META['QUERY_STRING']}"
    # The consent form is no way around it.
    assert visitor.post(way_back, {"action": "allow"})["Location"] == way_back
    assert not Authorization.objects.exists()
    back = visitor.post("/account/terms", {"version": version.pk, "language": "en", "next": way_back})
    assert back["Location"] == way_back
    assert Acceptance.objects.get().application == app.row.application
    assert_shows_consent(visitor.get(way_back))
    assert_code_redirect(visitor.post(way_back, {"action": "allow"}))


def test_silent_request_is_answered_that_the_person_has_to_act(visitor: Browser, app: TestClient) -> None:
    make_version()
    answer = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), prompt="none"))
    assert_error_redirect(answer, "interaction_required")
    assert not Authorization.objects.exists()


@pytest.mark.usefixtures("signing_keys")
def test_tokens_that_were_given_before_go_on(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    make_version()
    assert userinfo(machine, tokens["access_token"]).status_code == 200
    assert introspect(machine, app, tokens["access_token"])["active"] is True
    assert refresh(machine, app, tokens["refresh_token"]).status_code == 200
    assert TermsVersion.objects.exists()
