"""Two who have the same page open: what one has changed, the other's old form never takes back."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, connections
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.access.models import Application
from apps.audit.admin_audit import AuditedModelAdmin, AuditedTabularInline
from apps.audit.admin_pages import additions_to
from apps.directory.models import User
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    at_desk,
    events,
    make_role,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
)
from tests.integration.signin.together import at_once

pytestmark = pytest.mark.django_db


def open_form(desk: Any, obj: Any) -> dict[str, Any]:
    return submission(desk.get(page_of(obj)))


def test_right_that_was_taken_away_does_not_come_back_with_an_old_form() -> None:
    person = make_user(is_staff=True)
    first, second = at_desk(make_superuser(username="ada")), at_desk(make_superuser(username="bo"))
    opened = open_form(second, person)
    save(first, page_of(person), is_staff=None)
    answer = second.post(page_of(person), opened | {"job_title": "Librarian"})
    assert answer.status_code == 200
    person.refresh_from_db()
    assert (person.is_staff, person.job_title) == (False, "")
    page = text_of(answer)
    assert "This was changed since you opened the page" in page
    assert "May enter the administration: ada" in page
    assert 'value="Librarian"' in page
    assert len(events("user.changed")) == 1


def test_refused_form_stays_refused_until_the_page_is_opened_anew() -> None:
    person = make_user(is_staff=True)
    first, second = at_desk(make_superuser()), at_desk(make_superuser())
    opened = open_form(second, person)
    save(first, page_of(person), is_staff=None)
    refused = second.post(page_of(person), opened | {"job_title": "Librarian"})
    assert second.post(page_of(person), submission(refused)).status_code == 200
    save(second, page_of(person), job_title="Librarian")
    person.refresh_from_db()
    assert (person.is_staff, person.job_title) == (False, "Librarian")


def test_rights_of_a_role_do_not_come_back_with_an_old_form() -> None:
    role = make_role("directory.view_user", "directory.view_group")
    first, second = at_desk(make_superuser(username="ada")), at_desk(make_superuser())
    opened = open_form(second, role)
    save(first, page_of(role), admin_permissions=[])
    answer = second.post(page_of(role), opened | {"description": "Readers"})
    assert answer.status_code == 200
    assert "Administration rights: ada" in text_of(answer)
    assert not role.admin_permissions.exists()


def test_what_the_system_notes_about_a_person_does_not_stand_in_the_way() -> None:
    person = make_user()
    desk = at_desk(make_superuser())
    opened = open_form(desk, person)
    User.objects.filter(pk=person.pk).update(sign_in_count=7, failed_sign_ins=1)
    assert desk.post(page_of(person), opened | {"job_title": "Librarian"}).status_code == 302
    person.refresh_from_db()
    assert (person.job_title, person.sign_in_count, person.failed_sign_ins) == ("Librarian", 7, 1)


def test_form_that_does_not_say_when_it_was_opened_is_refused() -> None:
    person, other = make_user(), make_user()
    desk = at_desk(make_superuser())
    opened, of_other = open_form(desk, person), open_form(desk, other)
    for sent in ("", "junk", of_other["_as_opened"]):
        answer = desk.post(page_of(person), opened | {"job_title": "Librarian", "_as_opened": sent})
        assert answer.status_code == 200
        assert "It cannot be told how old this form is." in text_of(answer)
    person.refresh_from_db()
    assert person.job_title == ""


@pytest.mark.django_db(transaction=True)
def test_of_those_who_save_at_the_same_time_one_is_taken() -> None:
    application = Application.objects.create(name="Wiki", slug="wiki")
    desks = [at_desk(make_superuser()) for _ in range(4)]
    forms = [open_form(desk, application) | {"description": f"By {n}"} for n, desk in enumerate(desks)]

    def saving(number: int) -> Any:
        return lambda: desks[number].post(page_of(application), forms[number]).status_code

    answers = at_once([saving(number) for number in range(4)])
    assert sorted(answers) == [200, 200, 200, 302]
    application.refresh_from_db()
    assert application.description == f"By {answers.index(302)}"
    assert len(events("application.changed")) == 1
    connections.close_all()


def test_rows_on_a_page_are_given_or_taken_but_never_changed_there() -> None:
    """Only the object's own fields are compared: a row that could be edited in place would need the same."""
    request = RequestFactory().get("/")
    request.user = make_superuser()
    for one in admin.site._registry.values():
        if not isinstance(one, AuditedModelAdmin):
            continue
        for inline in (*one.inlines, *additions_to(one.kind()).inlines):
            assert issubclass(inline, AuditedTabularInline)
            assert not inline(one.model, admin.site).has_change_permission(request, None), inline


def test_saving_costs_the_same_however_much_there_is() -> None:
    desk = at_desk(make_superuser())

    def cost(*rights: str) -> int:
        role = make_role(*rights)
        opened = open_form(desk, role) | {"description": "Readers"}
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.post(page_of(role), opened).status_code == 302
        return len(queries)

    cost()  # what is looked up once in a process
    assert cost("directory.view_user") == cost(
        "directory.view_user", "directory.view_group", "access.view_role"
    )
