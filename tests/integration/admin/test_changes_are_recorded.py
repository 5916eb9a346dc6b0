"""Whatever changes through the administration is one event per object, with what it was and what it is."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import Group, Membership, User
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    events,
    listing,
    make_role,
    make_superuser,
    page_of,
    save,
    submission,
    the_event,
)

pytestmark = pytest.mark.django_db


def test_changed_person_is_recorded_with_the_changed_fields_only() -> None:
    admin = make_superuser()
    person, boss = make_user(department="Sales"), make_user()
    browser = at_desk(admin)
    save(browser, page_of(person), department="Finance", manager=str(boss.pk))
    event = the_event("user.changed")
    assert event.personal["before"] == {"department": "Sales", "manager": None}
    assert event.personal["after"] == {"department": "Finance", "manager": str(boss.pk)}
    assert (event.actor_kind, event.actor_id, event.personal["actor_label"]) == (
        "user",
        str(admin.pk),
        admin.username,
    )
    assert (event.target_kind, event.target_id, event.personal["target_label"]) == (
        "user",
        str(person.pk),
        person.username,
    )
    assert event.session_id == events("user.signed_in")[0].session_id != ""
    assert event.personal["ip"] == "127.0.0.1"
    assert event.request_id


def test_saving_without_a_change_records_nothing() -> None:
    person = make_user()
    save(at_desk(make_superuser()), page_of(person))
    assert events("user.changed") == []


def test_dates_and_times_are_recorded_as_text() -> None:
    person = make_user()
    save(at_desk(make_superuser()), page_of(person), starts_on="2026-01-31")
    assert the_event("user.changed").personal["after"] == {"starts_on": "2026-01-31"}


def test_added_person_is_recorded_once_and_can_sign_in() -> None:
    browser = at_desk(make_superuser())
    sent = {"username": "newcomer", "email": "n@example.org", "password": "Fresh-Paint-Dries-9"}
    answer = save(browser, adding("directory.user"), **sent)
    person = User.objects.get(username="newcomer")
    assert answer["Location"] == page_of(person)
    assert the_event("user.created").target_id == str(person.pk)
    assert person.check_password("Fresh-Paint-Dries-9")
    assert person.password_expires_at is not None


def test_passwords_never_reach_the_log() -> None:
    admin = make_superuser()
    browser = at_desk(admin)
    save(browser, adding("directory.user"), username="newcomer", password="Fresh-Paint-Dries-9")
    person = User.objects.get(username="newcomer")
    browser.post(page_of(person, "set_password"), {"password": "Second-Paint-Dries-9"})
    everything = str([(e.details, e.personal) for e in AuditEvent.objects.all()])
    person.refresh_from_db()
    assert person.check_password("Second-Paint-Dries-9")
    assert "Paint-Dries" not in everything
    assert "argon2" not in everything


def test_rights_of_a_role_are_recorded_with_the_role() -> None:
    role = make_role("directory.view_user")
    given = Permission.objects.get(codename="view_group", content_type__app_label="directory")
    had = role.admin_permissions.get()
    save(at_desk(make_superuser()), page_of(role), admin_permissions=[had.pk, given.pk])
    event = the_event("role.changed")
    assert event.personal["before"] == {"admin_permissions": ["directory.view_user"]}
    assert event.personal["after"] == {"admin_permissions": ["directory.view_group", "directory.view_user"]}


def test_membership_is_an_event_of_the_group() -> None:
    person, group = make_user(), Group.objects.create(name="Crew")
    browser = at_desk(make_superuser())
    save(
        browser,
        page_of(person),
        **{"group_memberships-TOTAL_FORMS": "1", "group_memberships-0-group": str(group.pk)},
    )
    added = the_event("group.member_added")
    assert (added.target_kind, added.target_id) == ("group", str(group.pk))
    assert added.details == {"user": str(person.pk)}
    assert events("user.changed") == []
    save(browser, page_of(person), **{"group_memberships-0-DELETE": "on"})
    assert not Membership.objects.exists()
    removed = the_event("group.member_removed")
    assert removed.details == {"user": str(person.pk)}
    assert removed.personal["before"]["group"] == str(group.pk)


def test_role_is_given_from_a_persons_page() -> None:
    person, role = make_user(), make_role(name="Cashier")
    browser = at_desk(make_superuser())
    form = f"{adding('access.assignment')}?user={person.pk}"
    assert form in browser.get(page_of(person)).content.decode()
    asked = browser.get(form)
    assert asked.context["adminform"].form["user"].value() == str(person.pk)
    sent = {"role": str(role.pk), "valid_from_0": "2026-01-01", "valid_from_1": "00:00"}
    answer = save(browser, form, **sent)
    assert answer["Location"] == f"{page_of(person)}#assignments"
    event = the_event("assignment.created")
    assert event.details == {"role": str(role.pk), "user": str(person.pk)}
    assert event.personal["after"]["valid_from"].startswith("2026-01-01T00:00:00")
    assert "Cashier" in event.personal["target_label"]


@pytest.mark.parametrize(
    ("holders", "field", "problem"),
    [
        ([], "user", "Choose a person or a group."),
        (["user", "group"], "group", "Choose a person or a group, not both."),
    ],
)
def test_assignment_is_to_a_person_or_a_group(holders: list[str], field: str, problem: str) -> None:
    browser = at_desk(make_superuser())
    there = {"user": str(make_user().pk), "group": str(Group.objects.create(name="Crew").pk)}
    sent = {"role": str(make_role().pk)} | {name: there[name] for name in holders}
    answer = browser.post(
        adding("access.assignment"), submission(browser.get(adding("access.assignment")), **sent)
    )
    assert answer.context["adminform"].form.errors == {field: [problem]}


def test_deleted_role_is_recorded_with_what_went_with_it() -> None:
    role = make_role("directory.view_user", name="Doomed")
    person = make_user()
    assignment = assign(role, person)
    browser = at_desk(make_superuser())
    answer = browser.post(page_of(role, "delete"), {"confirmed": "1"})
    assert answer.status_code == 302
    assert not Role.objects.filter(pk=role.pk).exists()
    event = the_event("role.deleted")
    assert event.target_id == str(role.pk)
    assert event.personal["before"]["name"] == "Doomed"
    assert event.personal["before"]["admin_permissions"] == ["directory.view_user"]
    assert event.details["removed"]["access.Assignment"] == 1
    taken = the_event("assignment.deleted")
    assert taken.id < event.id
    assert taken.target_id == str(assignment.pk)
    assert taken.details == {"role": str(role.pk), "user": str(person.pk)}
    assert taken.personal["before"]["user"] == str(person.pk)
    assert taken.personal["target_label"] == f"Doomed to {person}"


def test_deleted_group_takes_members_and_roles_with_it_on_record() -> None:
    group, people = Group.objects.create(name="Crew"), [make_user(), make_user()]
    for person in people:
        Membership.objects.create(user=person, group=group)
    assignment = assign(make_role(name="Cashier"), group)
    bystander = assign(make_role(name="Clerk"), people[0])
    at_desk(make_superuser()).post(page_of(group, "delete"), {"confirmed": "1"})
    removed = events("group.member_removed")
    assert {event.details["user"] for event in removed} == {str(person.pk) for person in people}
    assert all(event.personal["before"]["group"] == str(group.pk) for event in removed)
    taken = the_event("assignment.deleted")
    assert (taken.target_id, taken.details["group"]) == (str(assignment.pk), str(group.pk))
    assert events()[-1].action == "group.deleted"
    assert Assignment.objects.get() == bystander


def test_deleted_application_takes_roles_and_assignments_with_it_on_record() -> None:
    application = Application.objects.create(name="Wiki", slug="wiki")
    roles = [make_role("directory.view_user", application=application) for _ in range(2)]
    assignments = [assign(role, make_user()) for role in roles]
    at_desk(make_superuser()).post(page_of(application, "delete"), {"confirmed": "1"})
    recorded = [event.action for event in events() if event.action != "user.signed_in"]
    assert recorded == ["assignment.deleted"] * 2 + ["role.deleted"] * 2 + ["application.deleted"]
    assert {event.target_id for event in events("role.deleted")} == {str(role.pk) for role in roles}
    assert {event.target_id for event in events("assignment.deleted")} == {str(a.pk) for a in assignments}
    assert events("role.deleted")[0].personal["before"]["admin_permissions"] == ["directory.view_user"]


def test_bulk_deletion_also_records_what_goes_along() -> None:
    roles = [make_role(), make_role()]
    for role in roles:
        assign(role, make_user())
    sent = {
        "action": "delete_selected",
        "_selected_action": [str(role.pk) for role in roles],
        "confirmed": "1",
    }
    at_desk(make_superuser()).post(listing("access.role"), sent)
    assert len(events("role.deleted")) == len(events("assignment.deleted")) == 2


def test_new_address_is_not_a_verified_one() -> None:
    person = make_user(email="old@example.org", is_email_verified=True)
    browser = at_desk(make_superuser())
    save(browser, page_of(person), email="new@example.org")
    person.refresh_from_db()
    assert (person.email, person.is_email_verified) == ("new@example.org", False)
    event = the_event("user.changed")
    assert event.personal["after"] == {"email": "new@example.org", "is_email_verified": False}
    save(browser, page_of(person), email="other@example.org", is_email_verified="on")
    person.refresh_from_db()
    assert (person.email, person.is_email_verified) == ("other@example.org", True)
    save(browser, page_of(person), job_title="Clerk")
    person.refresh_from_db()
    assert person.is_email_verified


def test_bulk_deletion_is_one_event_for_each() -> None:
    groups = [Group.objects.create(name=f"Group {number}") for number in range(3)]
    sent = {
        "action": "delete_selected",
        "_selected_action": [str(group.pk) for group in groups],
        "confirmed": "1",
    }
    answer = at_desk(make_superuser()).post(listing("directory.group"), sent)
    assert answer.status_code == 302
    assert {event.target_id for event in events("group.deleted")} == {str(group.pk) for group in groups}


def test_nothing_is_saved_when_it_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application.objects.create(name="Wiki", slug="wiki")
    browser = at_desk(make_superuser())
    sent = submission(browser.get(page_of(application)), name="Changed")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(AuditEvent, "save", fail)
    with pytest.raises(RuntimeError, match="the log is full"):
        browser.post(page_of(application), sent)
    monkeypatch.undo()
    application.refresh_from_db()
    assert application.name == "Wiki"


def test_every_kind_of_page_records_what_it_makes() -> None:
    browser = at_desk(make_superuser())
    save(browser, adding("directory.group"), name="Crew")
    save(browser, adding("access.application"), name="Wiki", slug="wiki")
    save(browser, adding("access.role"), name="Reader", slug="reader")
    save(browser, adding("oauth.scope"), name="wiki:read", title="Read the wiki")
    save(
        browser,
        adding("access.assignment"),
        role=str(Role.objects.get().pk),
        group=str(Group.objects.get().pk),
    )
    assert [event.action for event in events() if event.action != "user.signed_in"] == [
        "group.created",
        "application.created",
        "role.created",
        "scope.created",
        "assignment.created",
    ]
    assert Assignment.objects.get().group == Group.objects.get()


def test_djangos_own_log_stays_empty() -> None:
    browser = at_desk(make_superuser())
    save(browser, adding("directory.group"), name="Crew")
    group = Group.objects.get()
    save(browser, page_of(group), name="Crew two")
    browser.post(page_of(group, "delete"), {"confirmed": "1"})
    assert [event.action for event in events()][1:] == ["group.created", "group.changed", "group.deleted"]
    assert not LogEntry.objects.exists()


def test_history_of_an_object_is_the_log_about_it() -> None:
    group = Group.objects.create(name="Crew")
    browser = at_desk(make_superuser())
    save(browser, page_of(group), name="Crew two")
    answer = browser.get(page_of(group, "history"), follow=True)
    assert [event.action for event in answer.context["cl"].result_list] == ["group.changed"]
