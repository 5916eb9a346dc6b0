"""A grant, the consent behind it and the event about both are one: all three are there, or none."""

from typing import Any

import pytest
from django.test import Client as Browser

from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.models import Authorization, Consent
from tests.factories.clients import TestClient, authorization_parameters, make_client, make_pkce, obtain_code
from tests.factories.people import sign_in

pytestmark = pytest.mark.django_db


def granted() -> list[tuple[str, str]]:
    """Scope and basis of consent of every grant, in order."""
    events = AuditEvent.objects.filter(action="authorization.granted").order_by("occurred_at")
    return [(event.details["scope"], event.details["consent"]) for event in events]


def test_event_says_how_consent_came_about(visitor: Browser, app: TestClient) -> None:
    for asked in ({}, {}, {"scope": "openid email"}, {"scope": "openid email", "prompt": "consent"}):
        obtain_code(visitor, app, make_pkce(), **({"scope": "openid"} | asked))
    assert granted() == [
        ("openid", "given"),
        ("openid", "remembered"),
        ("openid email", "given"),
        ("openid email", "given"),
    ]


def test_event_says_that_nobody_was_asked_about_a_first_party_client(visitor: Browser) -> None:
    obtain_code(visitor, make_client(skip_authorization=True), make_pkce(), scope="openid")
    assert granted() == [("openid", "not_asked")]
    assert not Consent.objects.exists()


def test_consent_is_not_remembered_if_the_grant_fails(
    monkeypatch: pytest.MonkeyPatch, person: User, app: TestClient
) -> None:
    browser = Browser(raise_request_exception=False)
    sign_in(browser, person)
    page = browser.get("/oauth/authorize", authorization_parameters(app, make_pkce()))

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(AuditEvent, "save", fails)
    path = f"/oauth/authorize?{page.wsgi_request.META['QUERY_STRING']}"
    assert browser.post(path, {"action": "allow"}).status_code == 500
    monkeypatch.undo()
    assert not Consent.objects.exists()
    assert not Authorization.objects.exists()
