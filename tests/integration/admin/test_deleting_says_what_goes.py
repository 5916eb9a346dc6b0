"""Deleting names what people lose by it, and things by their names, before it happens."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.directory.models import Group, Membership
from apps.oauth.models import Client, Scope
from apps.signin.models import RecognisedBrowser
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    action_page,
    adding,
    assign,
    at_desk,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    submission,
    text_of,
)
from tests.integration.admin.test_actions_say_what_they_do import (
    CONFIRMED,
    authorize,
    chosen,
    start_sessions,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return at_desk(make_superuser())


def make_group(*people: Any, name: str = "Engineering") -> Group:
    group = Group.objects.create(name=name)
    for person in people:
        Membership.objects.create(group=group, user=person)
    return group


def test_group_names_the_people_and_the_roles_they_lose(browser: Browser) -> None:
    people = [make_user() for _ in range(4)]
    group = make_group(*people)
    expenses, reading = make_role(name="Expenses user"), make_role(name="Reader")
    for role in (expenses, reading):
        assign(role, group)
    assign(expenses, people[0])
    assign(expenses, make_group(people[1], name="Finance"))
    for person in people:
        assign(reading, person)
    asked = text_of(browser.get(page_of(group, "delete")))
    assert "Deletes Engineering." in asked
    assert "4 people belong to it." in asked
    assert "2 people lose the role Expenses user." in asked
    assert "Nobody loses the role Reader." in asked
    assert Group.objects.filter(pk=group.pk).exists()
    answer = browser.post(page_of(group, "delete"), CONFIRMED)
    assert answer["Location"] == listing("directory.group")
    assert "Deleted Engineering." in text_of(browser.get(answer["Location"]))
    assert not Group.objects.filter(pk=group.pk).exists()


def test_role_and_application_count_who_loses_them(browser: Browser) -> None:
    application = Application.objects.create(name="Wiki", slug="wiki")
    role = make_role("directory.view_user", name="Writer", application=application)
    assign(role, make_user())
    assert "1 person loses the role Writer." in text_of(browser.get(page_of(role, "delete")))
    asked = text_of(browser.get(page_of(application, "delete")))
    assert "Deletes Wiki." in asked
    assert "Its role goes with it." in asked
    assert "1 person loses the role Writer." in asked


def test_bulk_deletion_asks_first_and_counts(browser: Browser) -> None:
    roles = [make_role(), make_role()]
    for role in roles:
        assign(role, make_user())
    asked = text_of(browser.post(listing("access.role"), chosen("delete_selected", *roles, index="0")))
    assert "Deletes 2 roles." in asked
    assert all(f"1 person loses the role {role.name}." in asked for role in roles)
    assert Role.objects.count() == 2


def test_assignment_is_deleted_by_its_name(browser: Browser) -> None:
    person = make_user()
    held = assign(make_role(name="Writer"), person)
    asked = text_of(browser.get(page_of(held, "delete")))
    assert f"Deletes Writer to {person}." in asked
    assert "1 person loses the role Writer." in asked
    assert str(held.pk) not in asked.replace(page_of(held), "").replace(page_of(held, "delete"), "")


def test_application_with_a_client_says_what_stands_in_the_way(browser: Browser) -> None:
    client = make_client().row
    answer = browser.get(page_of(client.application, "delete"), follow=True)
    page = text_of(answer)
    assert f"{client.application} has a client. Delete its client" in page
    assert f'href="{page_of(client)}"' in page
    browser.post(page_of(client.application, "delete"), CONFIRMED)
    browser.post(listing("access.application"), chosen("delete_selected", client.application, **CONFIRMED))
    assert Application.objects.filter(pk=client.application.pk).exists()
    browser.post(page_of(client, "delete"), CONFIRMED)
    browser.post(page_of(client.application, "delete"), CONFIRMED)
    assert not Client.objects.exists()
    assert not Application.objects.exists()


def test_scope_counts_the_clients_that_may_ask_for_it(browser: Browser) -> None:
    scope = Scope.objects.create(name="wiki:read", title="Read")
    assert "No client may ask for it." in text_of(browser.get(page_of(scope, "delete")))
    Client.objects.filter(pk=make_client().row.pk).update(scopes="openid wiki:read")
    assert "1 client may still ask for it" in text_of(browser.get(page_of(scope, "delete")))


def test_reader_may_not_delete() -> None:
    group = make_group()
    reader = at_desk(make_staff("directory.view_group"))
    assert reader.get(page_of(group, "delete")).status_code == 403
    assert reader.post(page_of(group, "delete"), CONFIRMED).status_code == 403


def test_what_is_gone_cannot_be_deleted(browser: Browser) -> None:
    group = make_group()
    address = page_of(group, "delete")
    browser.post(address, CONFIRMED)
    assert browser.post(address, CONFIRMED).status_code == 404


def test_things_are_called_by_their_names(browser: Browser) -> None:
    person = make_user(display_name="Anna Keller")
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    (session,) = start_sessions(person, 1, user_agent=agent, ip="127.0.0.1")
    assert "Anna Keller, Chrome on Linux, 127.0.0.1" in text_of(browser.get(action_page(session, "end")))
    now = timezone.now()
    known = RecognisedBrowser.objects.create(user=person, token_digest="d", created_at=now, last_used_at=now)
    assert "Browser of Anna Keller" in text_of(browser.get(page_of(known)))
    client = make_client().row
    given = authorize(client, person)
    assert f"{client.name} for Anna Keller" in text_of(browser.get(page_of(given)))


def test_saved_message_names_the_assignment(browser: Browser) -> None:
    person, role = make_user(display_name="Anna Keller"), make_role(name="Writer")
    sent = submission(browser.get(adding("access.assignment")), role=str(role.pk), user=str(person.pk))
    answer = browser.post(adding("access.assignment"), sent, follow=True)
    assert "Writer to Anna Keller" in text_of(answer)
    assert (
        str(Assignment.objects.get().pk)
        not in "".join(str(m) for m in answer.context["messages"]).split(">")[1]
    )


def test_naming_a_row_never_asks_the_database() -> None:
    held = assign(make_role(), make_user())
    bare = Assignment.objects.get(pk=held.pk)
    with CaptureQueriesContext(connection) as queries:
        assert str(held.role_id) in str(bare)
    assert len(queries) == 0
