"""Groups, roles, assignments and applications: nobody gives away what they lack, or gives anything to themselves."""

import pytest

from apps.access.models import Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import Group, Membership, User
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
GROUPS = (
    "directory.view_group",
    "directory.add_group",
    "directory.change_group",
    "directory.delete_group",
    "directory.view_membership",
    "directory.add_membership",
    "directory.delete_membership",
)
GIVING = ("access.view_assignment", "access.add_assignment", "access.change_assignment", "access.view_role")


def _role(*rights: str) -> Role:
    role = give_rights(make_user(), *rights)
    role.assignments.all().delete()
    return role


def _actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_group_from_beginning_to_end() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    added = caller.post("groups", {"name": "Sales", "description": "They sell"})
    assert added.status_code == 201, added.content
    address = f"groups/{added.json()['id']}"
    assert caller.patch(address, {"name": "Selling"}).json()["name"] == "Selling"
    assert caller.post(f"{address}/members", {"user": str(person.pk)}).status_code == 204
    refused(caller.post(f"{address}/members", {"user": str(person.pk)}), 409, "conflict")
    members = caller.get(f"{address}/members").json()["items"]
    assert [one["username"] for one in members] == [person.username]
    refused(caller.delete(address), 409, "group_in_use")
    assert caller.send("DELETE", f"{address}/members/{person.pk}").status_code == 204
    refused(caller.send("DELETE", f"{address}/members/{person.pk}"), 404, "not_found")
    refused(caller.delete(address, etag=""), 428, "precondition_required")
    assert caller.delete(address).status_code == 204
    refused(caller.get(address), 404, "not_found")
    assert [action for action in _actions() if action.startswith("group.")] == [
        "group.created",
        "group.changed",
        "group.member_added",
        "group.member_removed",
        "group.deleted",
    ]


def test_name_of_another_group_is_refused() -> None:
    caller = person_calling(make_superuser())
    Group.objects.create(name="Sales")
    assert faults(caller.post("groups", {"name": "sales"})) == {"#": "invalid_group"} or faults(
        caller.post("groups", {"name": "sales"})
    ) == {"#/name": "invalid_group"}


def test_group_with_rights_that_they_lack_is_closed() -> None:
    group = Group.objects.create(name="Strong")
    Assignment.objects.create(role=_role("oauth.change_client"), group=group)
    caller = person_calling(make_administrator(*GROUPS, "access.add_assignment"))
    refused(caller.patch(f"groups/{group.pk}", {"name": "x"}), 403, "out_of_reach")
    refused(caller.post(f"groups/{group.pk}/members", {"user": str(make_user().pk)}), 403, "out_of_reach")
    service = client_calling(all_scopes().replace("gatehouse:clients.write", ""))
    refused(service.post(f"groups/{group.pk}/members", {"user": str(make_user().pk)}), 403, "out_of_reach")
    assert not Membership.objects.exists()


def test_nobody_puts_themselves_into_a_group_with_access() -> None:
    helper = make_administrator(*GROUPS, *GIVING)
    group = Group.objects.create(name="Payroll")
    role = _role()
    role.application = make_client().row.application
    role.save()
    Assignment.objects.create(role=role, group=group)
    caller = person_calling(helper)
    refused(caller.post(f"groups/{group.pk}/members", {"user": str(helper.pk)}), 403, "out_of_reach")
    assert caller.post(f"groups/{group.pk}/members", {"user": str(make_user().pk)}).status_code == 204


def test_access_group_takes_the_right_to_give_roles() -> None:
    group = Group.objects.create(name="Payroll")
    Assignment.objects.create(role=_role(), group=group)
    caller = person_calling(make_administrator(*GROUPS))
    refused(caller.post(f"groups/{group.pk}/members", {"user": str(make_user().pk)}), 403, "out_of_reach")


def test_role_is_given_and_ended() -> None:
    caller, person, role = person_calling(make_superuser()), make_user(), _role()
    given = caller.post("assignments", {"role": str(role.pk), "user": str(person.pk), "reason": "New here"})
    assert given.status_code == 201, given.content
    address = f"assignments/{given.json()['id']}"
    assert caller.get("assignments?state=in_force&user=" + str(person.pk)).json()["items"] == [given.json()]
    assert faults(caller.post(f"{address}/end", {})) == {"#/reason": "required"}
    ended = caller.post(f"{address}/end", {"reason": "Gone again"})
    assert ended.json()["valid_until"]
    refused(caller.post(f"{address}/end", {"reason": "x"}), 409, "conflict")
    events = AuditEvent.objects.filter(action__startswith="assignment.").order_by("id")
    assert [event.action for event in events] == ["assignment.created", "assignment.changed"]
    assert (events[1].personal or {})["after"]["ended_because"] == "Gone again"
    assert events[0].details == {"role": str(role.pk), "user": str(person.pk)}


def test_nobody_gives_a_role_to_themselves() -> None:
    helper = make_administrator(*GIVING)
    caller, role = person_calling(helper), _role()
    answer = caller.post("assignments", {"role": str(role.pk), "user": str(helper.pk)})
    refused(answer, 403, "not_yours_to_give")
    group = Group.objects.create(name="Mine")
    Membership.objects.create(user=helper, group=group)
    answer = caller.post("assignments", {"role": str(role.pk), "group": str(group.pk)})
    refused(answer, 403, "not_yours_to_give")


def test_nobody_gives_rights_that_they_lack() -> None:
    role, person = _role("oauth.change_client"), make_user()
    body = {"role": str(role.pk), "user": str(person.pk)}
    refused(person_calling(make_administrator(*GIVING)).post("assignments", body), 403, "not_yours_to_give")
    refused(client_calling("gatehouse:assignments.write").post("assignments", body), 403, "not_yours_to_give")
    given = Assignment.objects.create(role=role, user=person)
    caller = person_calling(make_administrator(*GIVING))
    refused(caller.post(f"assignments/{given.pk}/end", {"reason": "x"}), 403, "out_of_reach")


def test_token_gives_no_rights_that_it_does_not_carry() -> None:
    """A superuser let an application give roles: that does not let it make administrators."""
    role, superuser = _role("oauth.change_client"), make_superuser()
    body = {"role": str(role.pk), "user": str(make_user().pk)}
    narrow = person_calling(superuser, "gatehouse:assignments.write")
    refused(narrow.post("assignments", body), 403, "not_yours_to_give")
    wide = person_calling(superuser, "gatehouse:assignments.write gatehouse:clients.write")
    assert wide.post("assignments", body).status_code == 201


def test_who_sets_passwords_gives_only_access_of_their_own() -> None:
    role = _role()
    role.application = make_client().row.application
    role.save()
    caller = person_calling(make_administrator(*GIVING, "directory.set_password"))
    answer = caller.post("assignments", {"role": str(role.pk), "user": str(make_user().pk)})
    refused(answer, 403, "not_yours_to_give")


@pytest.mark.parametrize("holder", [{}, {"user": "", "group": ""}])
def test_holder_is_a_person_or_a_group(holder: dict[str, str]) -> None:
    caller = person_calling(make_superuser())
    filled = {"user": str(make_user().pk), "group": str(Group.objects.create(name="G").pk)} if holder else {}
    answer = caller.post("assignments", {"role": str(_role().pk), **filled})
    refused(answer, 400, "invalid_fields")


def test_application_is_changed_by_its_rules() -> None:
    application = make_client().row.application
    caller = person_calling(make_superuser())
    address = f"applications/{application.pk}"
    assert caller.patch(address, {"is_enabled": False}).json()["is_enabled"] is False
    assert "#/launch_url" in faults(caller.patch(address, {"launch_url": "javascript:alert(1)"}))
    refused(caller.patch(address, {"created_at": "x"}), 400, "invalid_fields")
    assert _actions().count("application.changed") == 1
    helper = person_calling(make_administrator("access.view_application"))
    refused(helper.patch(address, {"is_enabled": True}), 403, "right_missing")


def test_person_is_not_moved_by_id() -> None:
    """Rights hang on rows, not on what a body claims."""
    caller = person_calling(make_superuser())
    answer = caller.post("users", {"username": "a", "id": str(User.objects.get().pk), "groups": ["x"]})
    assert set(faults(answer)) == {"#/id", "#/groups"}
