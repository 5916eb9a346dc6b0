"""The administration opens to staff, and shows each of them what their roles say."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.directory.models import Group, Membership
from apps.keys.models import SigningKey
from apps.oauth.models import Scope
from tests.factories.clients import make_client
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    text_of,
)
from tests.integration.admin.test_actions_say_what_they_do import authorize, start_sessions
from tests.integration.audit.log_setup import record

pytestmark = pytest.mark.django_db

AUDITOR = ("audit.view_auditevent", "audit.view_sealbatch", "audit.view_auditverificationrun")
LISTS = (
    "directory.user",
    "directory.group",
    "access.application",
    "access.role",
    "access.assignment",
    "oauth.client",
    "oauth.scope",
    "oauth.authorization",
    "signin.session",
    "signin.recognisedbrowser",
    "signin.addressthrottle",
    "keys.signingkey",
    "audit.auditevent",
    "audit.sealbatch",
    "audit.auditverificationrun",
    "dashboards.systemstatus",
)


def test_stranger_is_sent_to_sign_in_and_back() -> None:
    answer = Browser().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")
    assert "%2Fadmin%2F" in answer.redirect_chain[-1][0] or "/admin/" in answer.redirect_chain[-1][0]


def test_person_without_business_there_is_told_so() -> None:
    answer = at_desk(make_user()).get("/admin/", follow=True)
    assert answer.status_code == 403


def test_staff_without_a_role_find_an_empty_page() -> None:
    browser = at_desk(make_staff())
    answer = browser.get("/admin/")
    assert answer.status_code == 200
    assert "No role opens anything to you here" in text_of(answer)
    assert [model for model in LISTS if browser.get(listing(model)).status_code != 403] == []


def test_auditor_reads_the_log_and_nothing_else() -> None:
    browser = at_desk(make_staff(*AUDITOR))
    readable = [model for model in LISTS if browser.get(listing(model)).status_code == 200]
    assert readable == ["audit.auditevent", "audit.sealbatch", "audit.auditverificationrun"]
    page = text_of(browser.get("/admin/"))
    assert listing("audit.auditevent") in page
    assert f'href="{listing("directory.user")}"' not in page


def test_readers_open_every_page_and_change_none() -> None:
    make_signing_keys()
    client, person = make_client().row, make_user(is_staff=True)
    role = make_role("directory.view_user", application=client.application)
    group = Group.objects.create(name="Crew")
    Membership.objects.create(user=person, group=group)
    (session,) = start_sessions(person, 1)
    pages: list[Any] = [
        person,
        group,
        client.application,
        role,
        assign(role, person),
        client,
        Scope.objects.create(name="wiki:read", title="Read"),
        authorize(client, person),
        session,
        SigningKey.objects.earliest("created_at"),
        record(now=timezone.now()),
    ]
    rights = [f"{obj._meta.app_label}.view_{obj._meta.model_name}" for obj in pages]
    browser = at_desk(make_staff(*rights, "directory.view_membership"))
    assert [browser.get(page_of(obj)).status_code for obj in pages] == [200] * len(pages)
    assert [browser.post(page_of(obj), {}).status_code for obj in pages] == [403] * len(pages)


def test_private_keys_are_nowhere_to_be_seen() -> None:
    make_signing_keys()
    browser = at_desk(make_superuser())
    for key in SigningKey.objects.all():
        page = text_of(browser.get(page_of(key)))
        private = json.loads(key.private_jwk)
        assert key.public_jwk["kty"] in page
        assert private["d"] not in page


@pytest.mark.parametrize("model", LISTS)
def test_superuser_opens_every_list(model: str) -> None:
    assert at_desk(make_superuser()).get(listing(model)).status_code == 200


@pytest.mark.parametrize(
    "model",
    ["signin.session", "keys.signingkey", "audit.auditevent", "audit.sealbatch", "oauth.authorization"],
)
def test_what_is_only_looked_at_cannot_be_added_even_by_a_superuser(model: str) -> None:
    assert at_desk(make_superuser()).get(adding(model)).status_code == 403


def test_signing_out_of_the_administration_is_our_own_signing_out() -> None:
    answer = at_desk(make_superuser()).get("/admin/logout/")
    assert answer["Location"] == "/logout/"
