"""Roles and applications are made, changed and deleted by the rules of the administration."""

from typing import Any

import pytest

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent
from tests.factories.api import (
    all_scopes,
    client_calling,
    give_rights,
    make_administrator,
    make_superuser,
    person_calling,
)
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.api.test_authentication import refused
from tests.integration.api.test_people import faults

pytestmark = pytest.mark.django_db
ROLES = ("access.view_role", "access.add_role", "access.change_role", "access.delete_role")
PEOPLE = ["directory.view_user"]


def _body(**more: Any) -> dict[str, Any]:
    return {"name": "Help desk", "slug": "help-desk", **more}


def _events(kind: str) -> list[tuple[str, Any, Any]]:
    rows = AuditEvent.objects.filter(action__startswith=f"{kind}.").order_by("id")
    said = [(row.action, row.personal or {}) for row in rows]
    return [(action, personal.get("before"), personal.get("after")) for action, personal in said]


def test_role_from_beginning_to_end() -> None:
    caller, application = person_calling(make_superuser()), make_client().row.application
    made = caller.post("roles", _body(application=str(application.pk), rights=PEOPLE))
    assert made.status_code == 201, made.content
    assert made.json()["rights"] == PEOPLE
    address = f"roles/{made.json()['id']}"
    changed = caller.patch(address, {"name": "Desk", "rights": ["access.view_role"]}).json()
    assert (changed["name"], changed["rights"]) == ("Desk", ["access.view_role"])
    assignment = Assignment.objects.create(role_id=made.json()["id"], user=make_user())
    refused(caller.delete(address), 409, "role_in_use")
    assert caller.delete(f"assignments/{assignment.pk}").status_code == 204
    refused(caller.delete(address, etag='"another"'), 412, "precondition_failed")
    assert caller.delete(address).status_code == 204
    created, altered, deleted = _events("role")
    assert (created[0], created[2]["admin_permissions"]) == ("role.created", PEOPLE)
    assert altered[1:] == (
        {"name": "Help desk", "admin_permissions": PEOPLE},
        {"name": "Desk", "admin_permissions": ["access.view_role"]},
    )
    assert (deleted[0], deleted[1]["slug"]) == ("role.deleted", "help-desk")
    assert _events("assignment")[0][0] == "assignment.deleted"


def test_length_counts_with_the_spaces_around_it() -> None:
    """As `maxLength` of the document does."""
    caller = person_calling(make_superuser())
    assert faults(caller.post("roles", _body(description=f"  {'x' * 299}"))) == {
        "#/description": "max_length"
    }
    made = caller.post("roles", _body(description=f" {'x' * 299}"))
    assert made.json()["description"] == "x" * 299


def test_role_carries_no_right_that_whoever_makes_it_lacks() -> None:
    helper = person_calling(make_administrator(*ROLES))
    refused(helper.post("roles", _body(rights=PEOPLE)), 403, "not_yours_to_give")
    role = helper.post("roles", _body(rights=["access.view_role"])).json()
    refused(helper.patch(f"roles/{role['id']}", {"rights": PEOPLE}), 403, "not_yours_to_give")
    strong = give_rights(make_user(), *PEOPLE)
    refused(helper.patch(f"roles/{strong.pk}", {"name": "x"}), 403, "out_of_reach")
    refused(helper.delete(f"roles/{strong.pk}"), 403, "out_of_reach")


def test_token_makes_no_role_that_carries_more_than_it() -> None:
    narrow = person_calling(make_superuser(), "gatehouse:roles.write")
    refused(narrow.post("roles", _body(rights=PEOPLE)), 403, "not_yours_to_give")
    service = client_calling("gatehouse:roles.write")
    refused(service.post("roles", _body(rights=PEOPLE)), 403, "not_yours_to_give")
    assert service.post("roles", _body(rights=["access.add_role"])).status_code == 201
    assert (
        client_calling(all_scopes()).post("roles", _body(slug="b", name="B", rights=PEOPLE)).status_code
        == 201
    )


def test_nobody_widens_a_role_of_their_own() -> None:
    helper = make_administrator(*ROLES, *PEOPLE)
    mine = give_rights(helper, *ROLES)
    caller, application = person_calling(helper), make_client().row.application
    for changes in ({"rights": [*ROLES, *PEOPLE]}, {"application": str(application.pk)}):
        refused(caller.patch(f"roles/{mine.pk}", changes), 403, "not_yours_to_give")
    assert caller.patch(f"roles/{mine.pk}", {"description": "Mine"}).status_code == 200


def test_who_sets_passwords_points_no_held_role_at_an_application() -> None:
    caller = person_calling(make_administrator(*ROLES, "directory.set_password"))
    role = Role.objects.create(name="Held", slug="held")
    Assignment.objects.create(role=role, user=make_user())
    changes = {"application": str(make_client().row.application.pk)}
    refused(caller.patch(f"roles/{role.pk}", changes), 403, "not_yours_to_give")


def test_role_that_is_not_acceptable_is_refused() -> None:
    caller = person_calling(make_superuser())
    caller.post("roles", _body())
    assert faults(caller.post("roles", _body(name="B")))["#/slug"] == "unique"
    assert set(faults(caller.post("roles", _body(name="HELP DESK", slug="b")))) == {"#"}
    assert faults(caller.post("roles", _body(rights=["no.such"]))) == {"#/rights/0": "does_not_exist"}
    assert faults(caller.post("roles", {"name": "x"})) == {"#/slug": "required"}


def test_application_from_beginning_to_end() -> None:
    caller, owner = person_calling(make_superuser()), make_user()
    body = {"name": "Wiki", "slug": "wiki", "owner": str(owner.pk), "audience": "everyone"}
    made = caller.post("applications", body)
    assert made.status_code == 201, made.content
    assert made.json()["owner"] == str(owner.pk)
    assert faults(caller.post("applications", {**body, "name": "Other"})) == {"#/slug": "unique"}
    address = f"applications/{made.json()['id']}"
    role = Role.objects.create(name="Reader", slug="reader", application_id=made.json()["id"])
    refused(caller.delete(address), 409, "application_in_use")
    role.delete()
    assert caller.patch(address, {"slug": "the-wiki"}).json()["slug"] == "the-wiki"
    assert caller.delete(address).status_code == 204
    assert [event[0] for event in _events("application")][-3:] == [
        "application.created",
        "application.changed",
        "application.deleted",
    ]
    connected = make_client().row.application
    refused(caller.delete(f"applications/{connected.pk}"), 409, "application_in_use")
    assert Application.objects.filter(pk=connected.pk).exists()


def test_assignment_is_changed_by_whoever_may_give_the_role() -> None:
    person, role = make_user(), give_rights(make_user(), "oauth.view_client")
    assignment = Assignment.objects.create(role=role, user=person)
    address = f"assignments/{assignment.pk}"
    giving = ("access.view_assignment", "access.change_assignment", "oauth.view_client")
    caller = person_calling(make_administrator(*giving))
    changed = caller.patch(address, {"valid_until": "2099-01-01T00:00:00Z", "reason": "Until then"})
    assert changed.json()["valid_until"] == "2099-01-01T00:00:00Z"
    assert "#" in faults(caller.patch(address, {"valid_until": "1999-01-01T00:00:00Z"}))
    weaker = person_calling(make_administrator(*giving[:2]))
    refused(weaker.patch(address, {"reason": "x"}), 403, "out_of_reach")
    narrow = person_calling(make_superuser(), "gatehouse:assignments.write gatehouse:access.read")
    refused(narrow.patch(address, {"reason": "x"}), 403, "not_yours_to_give")
    refused(weaker.delete(address), 403, "right_missing")
    own = Assignment.objects.create(role=role, user=caller.user)
    refused(caller.patch(f"assignments/{own.pk}", {"reason": "x"}), 403, "not_yours_to_give")
