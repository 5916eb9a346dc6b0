"""The applications that have something of a person, and how the person takes it back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.oauth.models import Authorization, Consent
from apps.signin.models import Session
from tests.factories.clients import TestClient, make_client, make_pkce, obtain_code, obtain_tokens
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db

ADDRESS = "/account/apps"
OFFLINE = "openid profile offline_access"


def visitor() -> Client:
    browser = Client()
    sign_in(browser, make_user())
    return browser


def shown(browser: Client) -> list[Any]:
    return list(browser.get(ADDRESS).context["connections"])


def actions() -> list[str]:
    told = ("authorization.revoked", "consent.withdrawn")
    return list(AuditEvent.objects.filter(action__in=told).order_by("id").values_list("action", flat=True))


def is_asked(browser: Client, app: TestClient) -> bool:
    pkce = make_pkce()
    answer = browser.get(
        "/oauth/authorize",
        {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": "https://app.example.org/callback",
            "scope": "openid profile",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
        },
    )
    return answer.status_code == 200


def test_application_is_listed_with_what_it_gets() -> None:
    browser, app = visitor(), make_client(name="Payroll", scopes="openid profile")
    assert "No application has access" in browser.get(ADDRESS).content.decode()
    obtain_code(browser, app, make_pkce(), scope="openid profile")
    (found,) = shown(browser)
    assert {scope.name for scope in found.scopes} == {"openid", "profile"}
    assert found.consented_at is not None
    assert found.last_used_at is not None
    assert not found.is_offline
    page = browser.get(ADDRESS).content.decode()
    assert "See your profile" in page
    assert "Payroll" in page


def test_nothing_of_others_is_listed_or_taken_back() -> None:
    theirs, app = visitor(), make_client()
    tokens = obtain_tokens(theirs, app)
    browser = visitor()
    assert shown(browser) == []
    assert browser.get(f"{ADDRESS}/{app.row.pk}").status_code == 404
    assert browser.post(f"{ADDRESS}/{app.row.pk}").status_code == 404
    assert browser.post(f"{ADDRESS}/{uuid4()}").status_code == 404
    assert userinfo_works(tokens)
    assert actions() == []


def userinfo_works(tokens: dict[str, Any]) -> bool:
    answer = Client().get("/oauth/userinfo", HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    return answer.status_code == 200


def test_taking_back_ends_every_token_of_that_application_and_no_other() -> None:
    user, here, there = make_user(), Client(), Client()
    app, other = make_client(scopes=OFFLINE), make_client()
    for browser in (here, there):
        sign_in(browser, user)
    tokens = [
        obtain_tokens(here, app, scope=OFFLINE),
        obtain_tokens(there, app, scope="openid profile"),
    ]
    kept = obtain_tokens(here, other)
    assert [found.is_offline for found in shown(here) if found.client.pk == app.row.pk] == [True]
    asking = here.get(f"{ADDRESS}/{app.row.pk}").content.decode()
    assert "Remove the access of" in asking
    assert all(userinfo_works(each) for each in [*tokens, kept])
    page = here.post(f"{ADDRESS}/{app.row.pk}", follow=True).content.decode()
    assert "has no access to your account any more." in page
    assert [userinfo_works(each) for each in [*tokens, kept]] == [False, False, True]
    assert [found.client.pk for found in shown(here)] == [other.row.pk]
    assert is_asked(here, app)
    assert actions() == ["authorization.revoked", "authorization.revoked"]
    revoked = AuditEvent.objects.filter(action="authorization.revoked")
    assert {event.details["reason"] for event in revoked} == {"person"}
    assert {event.actor_id for event in revoked} == {str(user.pk)}
    # Once more there is nothing.
    assert here.post(f"{ADDRESS}/{app.row.pk}").status_code == 404


def test_consent_alone_is_taken_back_with_an_event_of_its_own() -> None:
    browser, app = visitor(), make_client()
    obtain_code(browser, app, make_pkce())
    Authorization.objects.all().delete()
    assert len(shown(browser)) == 1
    assert browser.post(f"{ADDRESS}/{app.row.pk}").status_code == 302
    assert not Consent.objects.exists()
    assert actions() == ["consent.withdrawn"]


def test_application_that_need_not_ask_is_listed_while_it_has_something() -> None:
    browser, app = visitor(), make_client(skip_authorization=True)
    obtain_tokens(browser, app, scope="openid profile")
    (found,) = shown(browser)
    assert found.consented_at is None
    assert "Your organisation allows it" in browser.get(ADDRESS).content.decode()
    assert "gets the same again" in browser.get(f"{ADDRESS}/{app.row.pk}").content.decode()
    Session.objects.update(ended_at=timezone.now())
    again = Client()
    sign_in(again, Session.objects.get().user)
    assert shown(again) == []


def test_what_outlives_sessions_is_listed_until_it_can_no_longer_be_renewed() -> None:
    user, browser = make_user(), Client()
    app = make_client(scopes=OFFLINE, skip_authorization=True)
    sign_in(browser, user)
    obtain_tokens(browser, app, scope=OFFLINE)
    browser.post("/logout/")
    sign_in(browser, user)
    (found,) = shown(browser)
    assert found.is_offline
    found.client.refreshtoken_set.update(expires=timezone.now() - timedelta(days=1))
    assert shown(browser) == []


def test_form_of_another_site_takes_nothing_back() -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(f"{ADDRESS}/{uuid4()}").status_code == 403


def test_page_costs_the_same_with_many_applications() -> None:
    browser = visitor()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(ADDRESS).status_code == 200
        return len(queries)

    obtain_code(browser, make_client(), make_pkce())
    cost()
    before = cost()
    for _ in range(4):
        obtain_code(browser, make_client(), make_pkce())
    assert cost() == before
    assert len(shown(browser)) == 5
