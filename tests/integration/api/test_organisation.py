"""Units, attributes of people and their values, groups within groups, invitations."""

from typing import Any

import pytest
from django.test import Client as Browser

from apps.access.models import Assignment
from apps.audit.models import AuditEvent
from apps.directory.models import Attribute, Group, Membership, OneTimeLink, User
from tests.factories.api import (
    all_scopes,
    client_calling,
    give_rights,
    make_administrator,
    make_superuser,
    person_calling,
)
from tests.factories.people import make_user
from tests.integration.api.test_authentication import refused
from tests.integration.api.test_people import faults
from tests.integration.signin.mailbox import links_in, work

pytestmark = pytest.mark.django_db
NESTING = (
    "directory.view_group",
    "directory.view_groupnesting",
    "directory.add_groupnesting",
    "directory.delete_groupnesting",
)


def _actions(kind: str) -> list[str]:
    rows = AuditEvent.objects.filter(action__startswith=f"{kind}.").order_by("id")
    return list(rows.values_list("action", flat=True))


def test_tree_is_grown_moved_and_cut() -> None:
    caller, head = person_calling(make_superuser()), make_user()
    company = caller.post("units", {"name": "Acme", "kind": "company"})
    assert company.status_code == 201, company.content
    body = {"name": "Sales", "parent": company.json()["id"], "head": str(head.pk), "code": "4711"}
    sales = caller.post("units", body).json()
    assert (sales["level"], sales["kind"]) == (1, "department")
    assert caller.get("units?code=4711").json()["items"] == [sales]
    assert caller.get(f"units?parent={company.json()['id']}").json()["items"] == [sales]
    assert len(caller.get(f"units?below={company.json()['id']}").json()["items"]) == 2
    refused(caller.get(f"units?below={head.pk}"), 400, "invalid_query")
    assert list(faults(caller.post("units", {**body, "name": "Other"})).values()) == ["invalid_unit"]
    address = f"units/{company.json()['id']}"
    assert faults(caller.patch(address, {"parent": sales["id"]})) == {"#/parent": "invalid_unit"}
    refused(caller.delete(address), 409, "unit_in_use")
    moved = caller.patch(f"units/{sales['id']}", {"parent": None}).json()
    assert (moved["parent"], moved["level"], moved["head"]) == (None, 0, str(head.pk))
    assert caller.delete(address).status_code == 204
    assert _actions("unit") == ["unit.created", "unit.created", "unit.changed", "unit.deleted"]
    reader = person_calling(make_administrator("directory.view_unit"))
    refused(reader.patch(f"units/{sales['id']}", {"name": "x"}), 403, "right_missing")


def test_attribute_is_defined_and_given_values() -> None:
    caller, person, chief = person_calling(make_superuser()), make_user(), make_user()
    definitions: list[dict[str, Any]] = [
        {"label": "Badge", "slug": "badge", "pattern": "[A-Z]{2}-[0-9]+"},
        {"label": "Driver", "slug": "driver", "kind": "boolean"},
        {
            "label": "Sites",
            "slug": "sites",
            "kind": "choice",
            "choices": ["B", "A", "B"],
            "is_multivalued": True,
        },
        {"label": "Mentor", "slug": "mentor", "kind": "person"},
        {"label": "Hours", "slug": "hours", "kind": "number", "maximum": "40"},
    ]
    made = [caller.post("attributes", one) for one in definitions]
    assert [one.status_code for one in made] == [201] * 5, [one.content for one in made]
    assert made[2].json()["choices"] == ["B", "A"]
    address = f"users/{person.pk}"
    values = {"badge": "AB-1", "driver": True, "sites": ["A"], "mentor": str(chief.pk), "hours": "38.5"}
    changed = caller.patch(address, {"attributes": values})
    assert changed.status_code == 200, changed.content
    assert changed.json()["attributes"] == values
    assert caller.patch(address, {"attributes": {"driver": None}}).json()["attributes"].keys() == {
        "badge",
        "sites",
        "mentor",
        "hours",
    }
    event = AuditEvent.objects.filter(action="user.changed").latest("id")
    assert (event.personal or {})["before"] == {"attributes.driver": True}
    for wrong in ({"badge": "x"}, {"hours": "41"}, {"sites": ["C"]}, {"no_such": "x"}):
        answer = caller.patch(address, {"attributes": wrong})
        assert list(faults(answer)) == [f"#/attributes/{next(iter(wrong))}"], answer.content
    assert faults(caller.patch(address, {"attributes": {"badge": 1}})) == {"#/attributes": "not_values"}
    definition = f"attributes/{made[0].json()['id']}"
    assert "#/kind" in faults(caller.patch(definition, {"kind": "number"}))
    refused(caller.delete(definition), 409, "attribute_in_use")
    assert caller.patch(definition, {"is_active": False}).status_code == 200
    assert "badge" not in caller.get(address).json()["attributes"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "choice"}, "#/choices"),
        ({"kind": "text", "maximum": "501"}, "#/maximum"),
        ({"pattern": "("}, "#/pattern"),
        ({"slug": "Not A Slug"}, "#/slug"),
    ],
)
def test_attribute_that_is_not_acceptable_is_refused(body: dict[str, Any], pointer: str) -> None:
    answer = person_calling(make_superuser()).post("attributes", {"label": "A", "slug": "a", **body})
    assert list(faults(answer)) == [pointer]


def test_person_is_added_with_what_is_required_and_with_a_unit() -> None:
    caller = person_calling(make_superuser())
    Attribute.objects.create(label="Badge", slug="badge", is_required=True)
    unit = caller.post("units", {"name": "Acme"}).json()
    refused(caller.post("users", {"username": "nora"}), 400, "invalid_fields")
    body = {"username": "nora", "attributes": {"badge": "7"}, "unit": unit["id"]}
    made = caller.post("users", body)
    assert made.status_code == 201, made.content
    assert (made.json()["attributes"], made.json()["unit"]) == ({"badge": "7"}, unit["id"])
    assert caller.get(f"users?unit={unit['id']}").json()["items"] == [made.json()]


def test_nobody_says_of_themselves_what_others_have_to_say() -> None:
    helper = make_administrator("directory.view_user", "directory.change_user")
    Attribute.objects.create(label="Badge", slug="badge")
    Attribute.objects.create(label="Shirt", slug="shirt", for_person=Attribute.ForPerson.EDIT)
    Attribute.objects.create(label="Fixed", slug="fixed", for_administrators=Attribute.ForAdministrators.SEE)
    caller, mine = person_calling(helper), f"users/{helper.pk}"
    refused(caller.patch(mine, {"attributes": {"badge": "1"}}), 403, "fields_closed")
    assert caller.patch(mine, {"attributes": {"shirt": "XL"}}).status_code == 200
    other = f"users/{make_user().pk}"
    assert caller.patch(other, {"attributes": {"badge": "1"}}).status_code == 200
    refused(caller.patch(other, {"attributes": {"fixed": "1"}}), 403, "fields_closed")


def test_groups_are_put_into_groups() -> None:
    caller = person_calling(make_superuser())
    outer, inner = Group.objects.create(name="Outer"), Group.objects.create(name="Inner")
    address = f"groups/{outer.pk}/groups"
    assert caller.post(address, {"group": str(inner.pk)}).status_code == 204
    refused(caller.post(address, {"group": str(inner.pk)}), 409, "conflict")
    circle = caller.post(f"groups/{inner.pk}/groups", {"group": str(outer.pk)})
    assert faults(circle) == {"#/group": "invalid_group"}
    assert [one["name"] for one in caller.get(address).json()["items"]] == ["Inner"]
    assert [one["name"] for one in caller.get(f"groups/{inner.pk}/around").json()["items"]] == ["Outer"]
    assert caller.send("DELETE", f"{address}/{inner.pk}").status_code == 204
    refused(caller.send("DELETE", f"{address}/{inner.pk}"), 404, "not_found")
    assert _actions("group") == ["group.group_added", "group.group_removed"]


def test_nobody_puts_a_group_of_their_own_into_one_with_access() -> None:
    helper = make_administrator(*NESTING, "access.add_assignment", "oauth.view_client")
    strong, own = Group.objects.create(name="Strong"), Group.objects.create(name="Own")
    role = give_rights(make_user(), "oauth.view_client")
    Assignment.objects.create(role=role, group=strong)
    Membership.objects.create(user=helper, group=own)
    caller, address = person_calling(helper), f"groups/{strong.pk}/groups"
    refused(caller.post(address, {"group": str(own.pk)}), 403, "out_of_reach")
    other = Group.objects.create(name="Other")
    assert caller.post(address, {"group": str(other.pk)}).status_code == 204
    weaker = person_calling(make_administrator(*NESTING, "oauth.view_client"))
    refused(weaker.post(address, {"group": str(own.pk)}), 403, "out_of_reach")
    refused(
        person_calling(make_administrator(*NESTING)).send("DELETE", f"{address}/{other.pk}"),
        403,
        "out_of_reach",
    )


def test_token_fills_no_group_that_gives_more_than_it_carries() -> None:
    """A superuser let an application look after groups: that does not let it make administrators."""
    strong, person = Group.objects.create(name="Strong"), make_user()
    Assignment.objects.create(role=give_rights(make_user(), "oauth.change_client"), group=strong)
    narrow = person_calling(make_superuser(), "gatehouse:groups.write gatehouse:groups.read")
    refused(narrow.post(f"groups/{strong.pk}/members", {"user": str(person.pk)}), 403, "out_of_reach")
    inner = Group.objects.create(name="Inner")
    refused(narrow.post(f"groups/{strong.pk}/groups", {"group": str(inner.pk)}), 403, "out_of_reach")
    wide = client_calling(all_scopes())
    assert wide.post(f"groups/{strong.pk}/members", {"user": str(person.pk)}).status_code == 204


def _newcomer() -> User:
    return make_user(password="!", is_email_verified=False)


def test_person_is_invited_and_the_invitation_withdrawn(mailoutbox: list[Any]) -> None:
    caller, person = person_calling(make_superuser()), _newcomer()
    address = f"users/{person.pk}"
    refused(caller.post(f"{address}/withdraw-invitation"), 409, "conflict")
    assert caller.post(f"{address}/invite").status_code == 200
    work()
    (former,) = links_in(mailoutbox)
    assert caller.get(address).json()["invited_until"] is not None
    withdrawn = caller.post(f"{address}/withdraw-invitation")
    assert withdrawn.json()["invited_until"] is None
    assert Browser().get(former, follow=True).status_code == 410
    refused(caller.post(f"{address}/withdraw-invitation"), 409, "conflict")
    assert _actions("user")[-2:] == ["user.invited", "user.invitation_withdrawn"]
    refused(caller.post(f"users/{caller.get('me').json()['id']}/invite"), 409, "conflict")


def test_mail_that_waits_goes_out_no_more_once_withdrawn(mailoutbox: list[Any]) -> None:
    caller, person = person_calling(make_superuser()), _newcomer()
    caller.post(f"users/{person.pk}/invite")
    assert caller.post(f"users/{person.pk}/withdraw-invitation").status_code == 200
    work()
    assert mailoutbox == []
    assert not OneTimeLink.objects.exists()


def test_invitations_of_stronger_people_are_left_alone() -> None:
    superuser = _newcomer()
    User.objects.filter(pk=superuser.pk).update(is_superuser=True)
    helper = person_calling(make_administrator("directory.change_user", "directory.set_password"))
    for action in ("invite", "withdraw-invitation"):
        refused(helper.post(f"users/{superuser.pk}/{action}"), 403, "out_of_reach")


def test_inviting_takes_the_right_to_set_passwords(mailoutbox: list[Any]) -> None:
    """Whoever may write down an address and invite to it has an account of their own making."""
    helper = person_calling(make_administrator("directory.view_user", "directory.change_user"))
    refused(helper.post(f"users/{_newcomer().pk}/invite"), 403, "right_missing")
    narrow = person_calling(make_superuser(), "gatehouse:users.write")
    refused(narrow.post(f"users/{_newcomer().pk}/invite"), 403, "insufficient_scope")
    work()
    assert mailoutbox == []
