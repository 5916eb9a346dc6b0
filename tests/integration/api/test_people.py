"""People through the API: the rules of the administration, and what a form never had to refuse."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from apps.audit.models import AuditEvent
from apps.directory.models import User
from tests.factories.api import (
    client_calling,
    give_rights,
    make_administrator,
    make_superuser,
    person_calling,
)
from tests.factories.people import make_user, new_password
from tests.integration.api.test_authentication import refused

pytestmark = pytest.mark.django_db


def faults(answer: Any) -> dict[str, str]:
    return {one.get("pointer") or one["parameter"]: one["code"] for one in answer.json()["errors"]}


def test_person_is_added_read_and_changed() -> None:
    caller = person_calling(make_superuser())
    added = caller.post("users", {"username": "nora", "email": "nora@example.org", "given_name": "Nora"})
    assert added.status_code == 201, added.content
    address = added["Location"].removeprefix("/api/v1/")
    read = caller.get(address)
    assert read.json() == added.json()
    assert read["ETag"] == added["ETag"]
    assert "password" not in read.json()
    changed = caller.patch(address, {"department": "Sales"})
    assert changed.status_code == 200, changed.content
    assert changed.json()["department"] == "Sales"
    events = AuditEvent.objects.filter(target_id=read.json()["id"]).order_by("id")
    assert [event.action for event in events] == ["user.created", "user.changed"]
    said = events[1].personal or {}
    assert (said["before"], said["after"]) == ({"department": ""}, {"department": "Sales"})


def test_change_that_changes_nothing_is_no_event() -> None:
    caller, person = person_calling(make_superuser()), make_user(department="Sales")
    assert caller.patch(f"users/{person.pk}", {"department": "Sales"}).status_code == 200
    assert not AuditEvent.objects.filter(action="user.changed").exists()


@pytest.mark.parametrize(
    "body",
    [
        {"is_superuser": True},
        {"is_staff": True},
        {"password": "Wooden-Gate-Opens-8!"},
        {"id": "3b3f5d0e-7a0e-4f0e-9a52-0f5f4e1c8a11"},
        {"status": "deprovisioned"},
        {"sign_ins_valid_since": None},
        {"locked_until": None},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"groups": []},
        {"manager_id": None},
    ],
)
def test_what_is_not_for_this_address_is_refused_and_not_passed_over(body: dict[str, Any]) -> None:
    caller, person = person_calling(make_superuser()), make_user()
    answer = caller.patch(f"users/{person.pk}", body)
    refused(answer, 400, "invalid_fields")
    assert faults(answer) == {f"#/{next(iter(body))}": "unknown"}
    person_now = User.objects.get(pk=person.pk)
    assert (person_now.is_superuser, person_now.is_staff, person_now.status) == (False, False, "active")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"username": "Ⓝora"}, "#/username"),
        ({"username": "x" * 151}, "#/username"),
        ({"email": "no address"}, "#/email"),
        ({"starts_on": "2026-13-01"}, "#/starts_on"),
        ({"starts_on": "0001-01-01"}, "#/starts_on"),
        ({"starts_on": "2026-02-01", "ends_on": "2026-01-01"}, "#"),
        ({"manager": "3b3f5d0e-7a0e-4f0e-9a52-0f5f4e1c8a11"}, "#/manager"),
        ({"time_zone": "Mars/Base"}, "#/time_zone"),
        ({"locale": "tlh"}, "#/locale"),
        ({"employee_type": "ghost"}, "#/employee_type"),
        ({"given_name": None}, "#/given_name"),
        ({"given_name": 1}, "#/given_name"),
        ({"given_name": ["Kim"]}, "#/given_name"),
        ({"is_email_verified": "yes"}, "#/is_email_verified"),
        ({"is_email_verified": 1}, "#/is_email_verified"),
        ({"manager": 1}, "#/manager"),
        ({"starts_on": 20260101}, "#/starts_on"),
    ],
)
def test_value_that_is_not_acceptable_is_pointed_at(body: dict[str, Any], pointer: str) -> None:
    caller, person = person_calling(make_superuser()), make_user()
    answer = caller.patch(f"users/{person.pk}", body)
    refused(answer, 400, "invalid_fields")
    assert pointer in faults(answer)


def test_user_name_and_address_of_somebody_else_are_refused() -> None:
    caller, person, other = person_calling(make_superuser()), make_user(), make_user()
    assert faults(caller.patch(f"users/{person.pk}", {"username": other.username.upper()})) == {
        "#/username": "invalid_person"
    }
    assert faults(caller.patch(f"users/{person.pk}", {"email": other.email})) == {"#/email": "invalid_person"}
    refused(caller.post("users", {"username": other.username}), 400, "invalid_fields")


def test_nobody_is_their_own_manager() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    assert "#/manager" in faults(caller.patch(f"users/{person.pk}", {"manager": str(person.pk)}))


def test_changed_address_is_not_verified() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    assert (
        caller.patch(f"users/{person.pk}", {"email": "new@example.org"}).json()["is_email_verified"] is False
    )


@pytest.mark.spec("RFC 6585", "3")
def test_change_without_its_etag_is_refused() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    refused(caller.patch(f"users/{person.pk}", {"department": "x"}, etag=""), 428, "precondition_required")


@pytest.mark.spec("RFC 9110", "13.1.1")
def test_change_of_what_somebody_else_changed_is_refused() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    etag = caller.get(f"users/{person.pk}")["ETag"]
    assert caller.patch(f"users/{person.pk}", {"department": "Sales"}, etag=etag).status_code == 200
    refused(caller.patch(f"users/{person.pk}", {"job_title": "x"}, etag=etag), 412, "precondition_failed")
    weak = f"W/{caller.get(f'users/{person.pk}')['ETag']}"
    refused(caller.patch(f"users/{person.pk}", {"job_title": "x"}, etag=weak), 412, "precondition_failed")


@pytest.mark.spec("RFC 9110", "13.1.2")
def test_who_has_it_already_is_not_sent_it_again() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    etag = caller.get(f"users/{person.pk}")["ETag"]
    answer = caller.get(f"users/{person.pk}", **{"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff",
        b'{"department": NaN}',
        b'{"department": "a", "department": "b"}',
        b'{"department": "a\\u0000b"}',
        b'{"department": "a\\ud800b"}',
        b'{"a": ' * 30 + b"1" + b"}" * 30,
        b"[" * 100_000,
    ],
)
def test_body_that_is_no_object_is_refused(body: bytes) -> None:
    caller, person = person_calling(make_superuser()), make_user()
    answer = caller.send("PATCH", f"users/{person.pk}", body, **{"If-Match": "*"})
    refused(answer, 400, "malformed_body")


def test_other_refusals_are_problems_too() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    address = f"users/{person.pk}"
    etag = {"If-Match": "*"}
    refused(caller.send("PATCH", address, b"x" * 300_000, **etag), 413, "payload_too_large")
    xml = caller.send("PATCH", address, b"<a/>", **{"Content-Type": "text/xml"}, **etag)
    refused(xml, 415, "unsupported_media_type")
    refused(caller.get(address, Accept="text/html"), 406, "not_acceptable")
    answer = caller.send("PUT", address, {})
    refused(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD, PATCH" or set(answer["Allow"].split(", ")) == {"GET", "PATCH"}
    refused(caller.send("OPTIONS", address), 405, "method_not_allowed")
    for missing in (f"users/{client_calling('').client.pk}", "users/1", "users/%00", "nothing", "users/"):
        refused(caller.get(missing), 404, "not_found")


# Standing ------------------------------------------------------------------------------------------------------------


def test_standing_leads_where_it_may() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    address = f"users/{person.pk}"
    assert caller.post(f"{address}/suspend").json()["status"] == "suspended"
    refused(caller.post(f"{address}/suspend"), 409, "standing_refused")
    assert caller.post(f"{address}/reactivate").json()["status"] == "active"
    assert caller.post(f"{address}/deprovision").json()["status"] == "deprovisioned"
    refused(caller.post(f"{address}/reactivate"), 409, "standing_refused")
    assert AuditEvent.objects.filter(action="user.changed", target_id=str(person.pk)).count() == 3


def test_who_leaves_for_good_leaves_nothing_open() -> None:
    person = make_user()
    theirs = person_calling(person)
    assert person_calling(make_superuser()).post(f"users/{person.pk}/deprovision").status_code == 200
    assert person.sso_sessions.get().end_reason == "ended_by_administrator"
    assert person.authorizations.get().revoke_reason == "administrator"
    actions = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert {"session.ended", "authorization.revoked", "user.changed"} <= set(actions)
    refused(theirs.get("users"), 401, "invalid_token")


def test_nobody_suspends_themselves_and_the_last_superuser_stays() -> None:
    last = make_superuser()
    refused(person_calling(last).post(f"users/{last.pk}/suspend"), 409, "standing_refused")
    other = make_superuser(ends_on="2050-01-01")
    refused(person_calling(other).post(f"users/{last.pk}/deprovision"), 409, "standing_refused")
    answer = person_calling(other).patch(f"users/{last.pk}", {"ends_on": "2050-01-01"})
    assert "#/ends_on" in faults(answer)


def test_only_a_lock_that_is_there_is_lifted() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    refused(caller.post(f"users/{person.pk}/unlock"), 409, "conflict")


# Who may do what to whom ---------------------------------------------------------------------------------------------

HELP_DESK = ("directory.view_user", "directory.add_user", "directory.change_user")


def test_delegated_administrator_does_not_touch_superusers() -> None:
    superuser = make_superuser()
    caller = person_calling(make_administrator(*HELP_DESK, "directory.set_any_password"))
    address = f"users/{superuser.pk}"
    refused(caller.patch(address, {"department": "x"}), 403, "out_of_reach")
    for action in ("suspend", "deprovision", "unlock"):
        refused(caller.post(f"{address}/{action}"), 403, "out_of_reach")
    refused(caller.post(f"{address}/password", {"password": new_password()}), 403, "out_of_reach")


def test_delegated_administrator_does_not_touch_those_with_rights_that_they_lack() -> None:
    stronger = make_administrator("oauth.change_client")
    caller = person_calling(make_administrator(*HELP_DESK, "directory.set_password"))
    refused(caller.post(f"users/{stronger.pk}/suspend"), 403, "out_of_reach")
    refused(caller.post(f"users/{stronger.pk}/password", {"password": new_password()}), 403, "out_of_reach")


def test_client_does_not_touch_superusers_or_administrators() -> None:
    service = client_calling("gatehouse:users.read gatehouse:users.write gatehouse:credentials.write")
    for person in (make_superuser(), make_administrator("audit.view_auditevent")):
        refused(service.patch(f"users/{person.pk}", {"department": "x"}), 403, "out_of_reach")
        refused(service.post(f"users/{person.pk}/suspend"), 403, "out_of_reach")
        refused(
            service.post(f"users/{person.pk}/password", {"password": new_password()}), 403, "out_of_reach"
        )
    assert service.patch(f"users/{make_user().pk}", {"department": "x"}).status_code == 200


def test_sign_in_name_takes_the_scope_and_the_right_to_set_it() -> None:
    person = make_user()
    helper = make_administrator(*HELP_DESK)
    answer = person_calling(helper).patch(f"users/{person.pk}", {"email": "evil@example.org"})
    refused(answer, 403, "right_missing")
    give_rights(helper, "directory.set_password")
    limited = person_calling(helper, "gatehouse:users.read gatehouse:users.write")
    refused(limited.patch(f"users/{person.pk}", {"username": "evil"}), 403, "insufficient_scope")
    refused(
        limited.post("users", {"username": "puppet", "password": new_password()}), 403, "insufficient_scope"
    )
    assert (
        person_calling(helper).patch(f"users/{person.pk}", {"email": "good@example.org"}).status_code == 200
    )


def test_sign_in_name_of_those_who_hold_more_is_out_of_reach() -> None:
    person = make_user()
    role = give_rights(person)
    role.application = person_calling(make_user()).client.application
    role.save()
    caller = person_calling(make_administrator(*HELP_DESK, "directory.set_password"))
    refused(caller.patch(f"users/{person.pk}", {"email": "evil@example.org"}), 403, "fields_closed")
    refused(caller.post(f"users/{person.pk}/password", {"password": new_password()}), 403, "out_of_reach")
    assert caller.patch(f"users/{person.pk}", {"department": "x"}).status_code == 200


def test_token_sets_nothing_that_its_own_person_signs_in_with() -> None:
    superuser = make_superuser()
    caller = person_calling(superuser)
    refused(caller.post(f"users/{superuser.pk}/password", {"password": new_password()}), 403, "own_password")
    for change in ({"username": "evil"}, {"email": "evil@example.org"}):
        refused(caller.patch(f"users/{superuser.pk}", change), 403, "fields_closed")


def test_nobody_says_of_themselves_what_access_hangs_on() -> None:
    helper = make_administrator(*HELP_DESK, "directory.set_any_password")
    caller = person_calling(helper)
    refused(caller.patch(f"users/{helper.pk}", {"department": "Board"}), 403, "fields_closed")
    assert caller.patch(f"users/{helper.pk}", {"given_name": "Kim"}).status_code == 200


def test_password_is_set_by_the_policy_and_ends_what_is_open() -> None:
    person = make_user()
    theirs = person_calling(person, "gatehouse:users.read")
    caller = person_calling(make_superuser())
    answer = caller.post(f"users/{person.pk}/password", {"password": "short"})
    assert "#/password" in faults(answer)
    chosen = new_password()
    assert caller.post(f"users/{person.pk}/password", {"password": chosen}).status_code == 204
    assert check_password(chosen, User.objects.get(pk=person.pk).password)
    refused(theirs.get("users"), 401, "invalid_token")
    assert AuditEvent.objects.filter(action="user.password_set").count() == 1


# Lists ---------------------------------------------------------------------------------------------------------------


def test_list_goes_on_behind_its_last_row_whatever_is_added() -> None:
    caller = person_calling(make_superuser())
    people = {str(make_user().pk) for _number in range(7)}
    seen: list[str] = []
    page = caller.get("users?limit=3").json()
    while True:
        assert len(page["items"]) <= 3
        seen += [one["id"] for one in page["items"]]
        make_user()
        if page["next_cursor"] is None or len(seen) > 40:
            break
        answer = caller.get(f"users?limit=3&cursor={page['next_cursor']}")
        page = answer.json()
    assert people <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.spec("RFC 8288", "3")
def test_next_page_is_linked() -> None:
    caller = person_calling(make_superuser())
    make_user()
    answer = caller.get("users?limit=1&status=active")
    assert answer["Link"].endswith('>; rel="next"')
    path = answer["Link"][1:].partition(">")[0].removeprefix("/api/v1/")
    assert caller.get(path).status_code == 200


def test_cursor_of_another_list_or_of_nobody_is_refused() -> None:
    caller = person_calling(make_superuser())
    make_user()
    cursor = caller.get("users?limit=1").json()["next_cursor"]
    for path in (
        f"users?cursor={cursor}&status=active",
        f"users?cursor={cursor}x",
        "users?cursor=%00",
        "users?cursor=WyJhIiwiYiJd",
    ):
        refused(caller.get(path), 400, "invalid_query")


def test_people_are_found_by_what_has_an_index() -> None:
    caller = person_calling(make_superuser())
    nora = make_user(username="Nora", email="Nora@Example.org", department="Sales", employee_number="E-7")
    make_user(status="suspended", manager=nora)

    def found(query: str) -> list[str]:
        answer = caller.get(f"users?{query}")
        assert answer.status_code == 200, answer.content
        return [one["username"] for one in answer.json()["items"]]

    for query in ("username=nORA", "email=nora@example.org", "department=Sales", "employee_number=E-7"):
        assert found(query) == ["Nora"]
    assert len(found("status=suspended")) == len(found(f"manager={nora.pk}")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "password=x",
        "status=ghost",
        "limit=0",
        "limit=201",
        "limit=x",
        "manager=1",
        "status=active&status=active",
        "username=%00",
        "search=x",
        "ordering=password",
    ],
)
def test_parameter_that_is_not_offered_is_refused(query: str) -> None:
    refused(person_calling(make_superuser()).get(f"users?{query}"), 400, "invalid_query")
