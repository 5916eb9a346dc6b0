"""An action names its effect before it runs, runs once it is confirmed, and is in the log."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory
from django.utils import timezone

from apps.access.models import Assignment
from apps.audit.admin_acting import ActingAdmin
from apps.audit.admin_pages import DELETE
from apps.directory.models import Group, User
from apps.oauth.models import Authorization, Client
from apps.signin.models import AddressThrottle, RecognisedBrowser, Session
from tests.factories.clients import make_client
from tests.factories.people import PASSWORD, make_user
from tests.integration.admin.desk import (
    action_page,
    assign,
    at_desk,
    events,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    text_of,
    the_event,
)

pytestmark = pytest.mark.django_db

CONFIRMED = {"confirmed": "1"}


def chosen(action: str, *objects: Any, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(obj.pk) for obj in objects], **more}


def start_sessions(user: User, count: int, **fields: Any) -> list[Session]:
    now = timezone.now()
    times = {
        "started_at": now,
        "authenticated_at": now,
        "last_seen_at": now,
        "expires_at": now + timedelta(hours=8),
    }
    return [Session.objects.create(user=user, **(times | fields)) for _ in range(count)]


def test_suspending_asks_first() -> None:
    people = [make_user(), make_user(), make_user(status=User.Status.SUSPENDED)]
    browser = at_desk(make_superuser())
    asked = browser.post(listing("directory.user"), chosen("suspend", *people, index="0"))
    assert "Suspends 2 people" in text_of(asked)
    assert User.objects.filter(status=User.Status.SUSPENDED).count() == 1
    browser.post(listing("directory.user"), chosen("suspend", *people, **CONFIRMED))
    assert User.objects.filter(status=User.Status.SUSPENDED).count() == 3
    recorded = events("user.changed")
    assert {event.target_id for event in recorded} == {str(person.pk) for person in people[:2]}
    assert recorded[0].personal["before"] == {"status": "active"}
    assert recorded[0].personal["after"] == {"status": "suspended"}


def test_too_many_at_once_are_refused_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.admin_acting.OBJECTS_AT_ONCE", 2)
    people = [make_user(), make_user(), make_user()]
    groups = [Group.objects.create(name=name) for name in "ABC"]
    browser = at_desk(make_superuser())
    for label, action, objects in (
        ("directory.user", "suspend", people),
        ("directory.group", DELETE, groups),
    ):
        # Selected one by one, and by "Select all"; asked, and confirmed without having been asked.
        for more in ({}, {"select_across": "1"}, CONFIRMED):
            answer = browser.post(listing(label), chosen(action, *objects, **more), follow=True)
            assert "At most 2 can be done at once: select fewer, or filter the list first." in text_of(answer)
    assert Group.objects.count() == 3
    assert User.objects.filter(status=User.Status.ACTIVE).count() == 4
    browser.post(listing("directory.user"), chosen("suspend", *people[:2], **CONFIRMED))
    assert User.objects.filter(status=User.Status.SUSPENDED).count() == 2


def test_every_action_of_a_list_goes_through_the_door_that_asks_and_counts(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = make_superuser()
    seen = set()
    for admin in site._registry.values():
        offered: dict[str, Any] = admin.get_actions(request)
        for name, (function, _name, _title) in offered.items():
            seen.add(name)
            door = function.__module__
            assert door in {"apps.audit.admin_acting", "apps.audit.admin_deleting"}, f"{admin}: {name}"
        assert getattr(type(admin), "act", ActingAdmin.act) is ActingAdmin.act, admin
    assert {"suspend", DELETE} < seen


def test_suspending_counts_what_ends_with_it() -> None:
    person = make_user()
    start_sessions(person, 2)
    start_sessions(person, 1, ended_at=timezone.now())
    authorize(make_client().row, person)
    asked = text_of(at_desk(make_superuser()).get(action_page(person, "suspend")))
    assert "Suspends 1 person." in asked
    assert "2 sessions end at their next use." in asked
    assert "1 authorization stops working until then." in asked


def test_deprovisioning_ends_everything_and_is_not_taken_back() -> None:
    person, suspended = make_user(), make_user(status=User.Status.SUSPENDED)
    start_sessions(person, 2)
    given = authorize(make_client().row, person)
    browser = at_desk(make_superuser())
    asked = browser.post(listing("directory.user"), chosen("deprovision", person, suspended, index="0"))
    for words in ("Deprovisions 2 people", "Ends 2 sessions at once.", "Revokes 1 authorization."):
        assert words in text_of(asked)
    person.refresh_from_db()
    assert person.status == User.Status.ACTIVE
    # Narrowed by what the action changes: everything that was confirmed must still happen.
    narrowed = f"{listing('directory.user')}?status__exact=active"
    browser.post(narrowed, chosen("deprovision", person, **CONFIRMED))
    browser.post(action_page(suspended, "deprovision"), CONFIRMED)
    for one in (person, suspended):
        one.refresh_from_db()
        assert one.status == User.Status.DEPROVISIONED
    assert not Session.objects.live(now=timezone.now()).filter(user=person).exists()
    given.refresh_from_db()
    assert given.revoked_at is not None
    changes = {event.target_id: event.personal for event in events("user.changed")}
    assert changes[str(person.pk)]["before"] == {"status": "active"}
    assert changes[str(person.pk)]["after"] == {"status": "deprovisioned"}
    assert changes[str(suspended.pk)]["before"] == {"status": "suspended"}
    page = text_of(browser.get(page_of(person)))
    for action in ("reactivate", "suspend", "deprovision"):
        assert action_page(person, action) not in page
    assert browser.post(action_page(person, "reactivate"), CONFIRMED).status_code == 302
    person.refresh_from_db()
    assert person.status == User.Status.DEPROVISIONED


def test_assignments_end_now_with_a_reason_and_stay_on_record() -> None:
    role, people = make_role(name="Writer"), [make_user(), make_user()]
    held = [assign(role, person) for person in people]
    coming = assign(role, make_user())
    Assignment.objects.filter(pk=coming.pk).update(valid_from=timezone.now() + timedelta(days=1))
    browser = at_desk(make_superuser())
    asked = browser.post(listing("access.assignment"), chosen("end", *held, coming, index="0"))
    assert "Ends 2 assignments now; they stay on record." in text_of(asked)
    assert "2 people lose the role Writer." in text_of(asked)
    assert "1 that is not in force is left as it is." in text_of(asked)
    unexplained = browser.post(listing("access.assignment"), chosen("end", *held, coming, **CONFIRMED))
    assert "Say why." in text_of(unexplained)
    assert events("assignment.changed") == []
    browser.post(
        listing("access.assignment"), chosen("end", *held, coming, **CONFIRMED, reason="Project is over")
    )
    now = timezone.now()
    assert Assignment.objects.filter(valid_until__lte=now).count() == 2
    assert Assignment.objects.count() == 3
    recorded = events("assignment.changed")
    assert {event.target_id for event in recorded} == {str(one.pk) for one in held}
    assert recorded[0].personal["before"] == {"valid_until": None}
    assert recorded[0].personal["after"]["ended_because"] == "Project is over"
    assert recorded[0].details == {"role": str(role.pk), "user": recorded[0].details["user"]}


def test_assignment_of_a_stronger_role_is_not_ended_by_the_weaker() -> None:
    held = assign(make_role("oauth.change_client"), make_user())
    helper = at_desk(make_staff("access.view_assignment", "access.change_assignment"))
    helper.post(action_page(held, "end"), {**CONFIRMED, "reason": "Because"})
    held.refresh_from_db()
    assert held.valid_until is None


def test_nobody_deprovisions_themselves() -> None:
    admin = make_superuser()
    browser = at_desk(admin)
    browser.post(action_page(admin, "deprovision"), CONFIRMED)
    admin.refresh_from_db()
    assert admin.status == User.Status.ACTIVE


def test_suspended_person_is_offered_reactivation_but_not_another_suspension() -> None:
    person = make_user(status=User.Status.SUSPENDED)
    browser = at_desk(make_superuser())
    page = text_of(browser.get(page_of(person)))
    assert action_page(person, "reactivate") in page
    assert action_page(person, "suspend") not in page
    assert action_page(person, "deprovision") in page
    browser.post(action_page(person, "reactivate"), CONFIRMED)
    person.refresh_from_db()
    assert person.status == User.Status.ACTIVE


def test_unlocking_forgets_the_failures() -> None:
    person = make_user(locked_until=timezone.now() + timedelta(minutes=20), failed_sign_ins=5)
    browser = at_desk(make_superuser())
    assert "Lifts the lock of 1 person" in text_of(browser.get(action_page(person, "unlock")))
    browser.post(action_page(person, "unlock"), CONFIRMED)
    person.refresh_from_db()
    assert (person.locked_until, person.failed_sign_ins) == (None, 0)
    assert the_event("user.unlocked").target_id == str(person.pk)


def test_ending_sessions_of_people_counts_both() -> None:
    first, second = make_user(), make_user()
    start_sessions(first, 3)
    start_sessions(second, 2)
    start_sessions(second, 1, ended_at=timezone.now())
    start_sessions(make_user(), 1)
    browser = at_desk(make_superuser())
    asked = browser.post(listing("directory.user"), chosen("end-sessions", first, second, index="0"))
    assert "Ends 5 sessions of 2 people" in text_of(asked)
    browser.post(listing("directory.user"), chosen("end-sessions", first, second, **CONFIRMED))
    assert not Session.objects.live(now=timezone.now()).filter(user__in=[first, second]).exists()
    assert len(events("session.ended")) == 5
    assert Session.objects.filter(end_reason=Session.EndReason.ENDED_BY_ADMINISTRATOR).count() == 5


def test_one_session_ends_from_its_page() -> None:
    (session,) = start_sessions(make_user(), 1)
    browser = at_desk(make_superuser())
    assert "Ends 1 session of 1 person" in text_of(browser.get(action_page(session, "end")))
    browser.post(action_page(session, "end"), CONFIRMED)
    assert the_event("session.ended").target_id == str(session.pk)
    answer = browser.get(action_page(session, "end"), follow=True)
    assert "There is nothing to do" in text_of(answer)


def test_reading_sessions_is_not_ending_them() -> None:
    (session,) = start_sessions(make_user(), 1)
    browser = at_desk(make_staff("signin.view_session"))
    assert action_page(session, "end") not in text_of(browser.get(page_of(session)))
    assert browser.post(action_page(session, "end"), CONFIRMED).status_code == 403
    session.refresh_from_db()
    assert session.ended_at is None


def test_new_password_works_and_ends_what_the_person_has_open() -> None:
    person = make_user()
    theirs = at_desk(person)
    assert theirs.get("/").status_code == 200
    browser = at_desk(make_superuser())
    page = page_of(person, "set_password")
    assert "every session" in text_of(browser.get(page))
    assert "too short" in text_of(browser.post(page, {"password": "short"}))
    browser.post(page, {"password": "Newly-Painted-Gate-3"})
    person.refresh_from_db()
    assert person.check_password("Newly-Painted-Gate-3")
    assert not person.check_password(PASSWORD)
    assert theirs.get("/")["Location"].startswith("/login/")


def authorize(client: Client, user: User) -> Authorization:
    return Authorization.objects.create(
        user=user, client=client, scope="openid", auth_time=timezone.now(), created_at=timezone.now()
    )


def test_disabling_a_client_says_whose_access_stops() -> None:
    client = make_client().row
    authorize(client, make_user())
    authorize(client, make_user())
    browser = at_desk(make_superuser())
    asked = text_of(browser.get(action_page(client, "disable")))
    assert "Disables 1 client" in asked
    assert "2 authorizations that people gave stop working" in asked
    browser.post(action_page(client, "disable"), CONFIRMED)
    client.refresh_from_db()
    assert not client.is_enabled
    assert the_event("client.changed").personal["after"] == {"is_enabled": False}
    browser.post(action_page(client, "enable"), CONFIRMED)
    client.refresh_from_db()
    assert client.is_enabled


def test_revoking_authorizations_counts_people() -> None:
    client, person = make_client().row, make_user()
    rows = [authorize(client, person), authorize(client, person)]
    browser = at_desk(make_superuser())
    asked = browser.post(listing("oauth.authorization"), chosen("revoke", *rows, index="0"))
    assert "Revokes 2 authorizations of 1 person" in text_of(asked)
    browser.post(listing("oauth.authorization"), chosen("revoke", *rows, **CONFIRMED))
    assert not Authorization.objects.filter(revoked_at__isnull=True).exists()
    assert len(events("authorization.revoked")) == 2


def test_releasing_an_address_lifts_its_lock() -> None:
    now = timezone.now()
    office = AddressThrottle.objects.create(
        address="192.0.2.7", failed_sign_ins=50, first_failed_at=now, locked_until=now + timedelta(minutes=9)
    )
    browser = at_desk(make_superuser())
    assert "Lets people at 1 address sign in again" in text_of(browser.get(action_page(office, "release")))
    browser.post(action_page(office, "release"), CONFIRMED)
    office.refresh_from_db()
    assert (office.failed_sign_ins, office.locked_until) == (0, None)
    event = the_event("address.released")
    assert event.target_id == ""
    assert event.personal["target_label"] == "192.0.2.7"


def test_forgotten_browser_is_a_stranger_again() -> None:
    person = make_user()
    known = RecognisedBrowser.objects.create(
        user=person, token_digest="0" * 64, created_at=timezone.now(), last_used_at=timezone.now()
    )
    browser = at_desk(make_superuser())
    browser.post(action_page(known, "forget"), CONFIRMED)
    assert not RecognisedBrowser.objects.filter(pk=known.pk).exists()
    assert the_event("browser.forgotten").target_id == str(person.pk)


def test_djangos_own_password_form_is_shut() -> None:
    browser = at_desk(make_superuser())
    assert browser.get("/admin/password_change/").status_code == 404
