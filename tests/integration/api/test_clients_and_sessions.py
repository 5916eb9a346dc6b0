"""Clients, authorizations, sessions, the log and whoever calls."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.oauth.models import Client, Scope
from tests.factories.api import client_calling, make_administrator, make_superuser, person_calling
from tests.factories.clients import call, make_client
from tests.factories.people import make_user
from tests.integration.api.test_authentication import refused
from tests.integration.api.test_people import faults

pytestmark = pytest.mark.django_db
CLIENTS = ("oauth.view_client", "oauth.add_client", "oauth.change_client")


def _body(application: Application, /, **more: object) -> dict[str, object]:
    return {
        "name": f"Feed {Client.objects.count()}",
        "kind": "service",
        "application": str(application.pk),
        "scopes": [],
        **more,
    }


def test_client_is_registered_with_a_secret_that_is_shown_once() -> None:
    caller, application = person_calling(make_superuser()), make_client().row.application
    made = caller.post("clients", _body(application, scopes=["gatehouse:users.read"]))
    assert made.status_code == 201, made.content
    secret, client = made.json()["secret"], made.json()["client"]
    address = f"clients/{client['id']}"
    assert secret not in caller.get(address).content.decode()
    assert not AuditEvent.objects.filter(personal__icontains=secret).exists()
    grant = {"grant_type": "client_credentials", "scope": "gatehouse:users.read"}
    row = Client.objects.get(pk=client["id"])
    from_secret = type(make_client())(row, secret)
    assert call(Browser(), "/oauth/token", from_secret, grant).status_code == 200
    renewed = caller.post(f"{address}/secret").json()["secret"]
    assert call(Browser(), "/oauth/token", from_secret, grant).status_code == 401
    assert call(Browser(), "/oauth/token", type(from_secret)(row, renewed), grant).status_code == 200
    assert caller.post(f"{address}/disable").json()["is_enabled"] is False
    refused(caller.post(f"{address}/disable"), 409, "conflict")
    assert caller.post(f"{address}/enable").json()["is_enabled"] is True
    actions = list(AuditEvent.objects.filter(target_id=client["id"], target_kind="client").order_by("id"))
    assert {"client.created", "client.secret_rotated", "client.changed"} <= {one.action for one in actions}


def test_client_gets_no_scope_beyond_whoever_registers_it() -> None:
    owner = make_administrator(*CLIENTS)
    application = make_client().row.application
    application.owner = owner
    application.save()
    caller = person_calling(owner)
    Scope.objects.create(name="payroll:read", title="Payroll")
    for more in (
        {"scopes": ["gatehouse:users.write"]},
        {"scopes": ["payroll:read"]},
        {"scopes": ["no:such"]},
        {"is_resource_server": True},
        {"skip_authorization": True},
    ):
        refused(caller.post("clients", _body(application, **more)), 403, "not_yours_to_register")
    assert caller.post("clients", _body(application, scopes=["openid"])).status_code == 201
    other = make_client().row.application
    refused(caller.post("clients", _body(other, scopes=["openid"])), 403, "not_yours_to_register")


def test_token_registers_no_client_that_may_do_more_than_it() -> None:
    application = make_client().row.application
    body = _body(application, scopes=["gatehouse:users.write"])
    narrow = person_calling(make_superuser(), "gatehouse:clients.write")
    refused(narrow.post("clients", body), 403, "not_yours_to_register")
    service = client_calling("gatehouse:clients.write")
    refused(service.post("clients", body), 403, "not_yours_to_register")


def test_client_that_may_do_more_is_closed() -> None:
    strong = client_calling("gatehouse:users.write").client
    caller = person_calling(make_administrator(*CLIENTS, "access.change_application"))
    for action in ("secret", "disable"):
        refused(caller.post(f"clients/{strong.pk}/{action}"), 403, "out_of_reach")
    service = client_calling("gatehouse:clients.write gatehouse:clients.read")
    refused(service.post(f"clients/{strong.pk}/secret"), 403, "out_of_reach")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"kind": "web"}, "#/redirect_uris"),
        ({"kind": "web", "redirect_uris": ["javascript:alert(1)"]}, "#/redirect_uris"),
        ({"kind": "robot"}, "#/kind"),
        ({"client_secret": "x" * 40}, "#/client_secret"),
        ({"application": "3b3f5d0e-7a0e-4f0e-9a52-0f5f4e1c8a11"}, "#/application"),
    ],
)
def test_client_that_is_not_acceptable_is_refused(more: dict[str, object], pointer: str) -> None:
    caller = person_calling(make_superuser())
    answer = caller.post("clients", _body(make_client().row.application, **more))
    refused(answer, 400, "invalid_fields")
    assert any(place.startswith(pointer) for place in faults(answer))


def test_client_is_changed_and_deleted() -> None:
    caller, other = person_calling(make_superuser()), make_client().row.application
    client = caller.post("clients", _body(other)).json()["client"]
    address = f"clients/{client['id']}"
    changes = {
        "name": "Feed of people",
        "scopes": ["gatehouse:users.read"],
        "policy_url": "https://app.example.org/privacy",
        "is_resource_server": True,
    }
    changed = caller.patch(address, changes)
    assert changed.status_code == 200, changed.content
    assert {name: changed.json()[name] for name in changes} == changes
    assert faults(caller.patch(address, {"kind": "web"})) == {"#/kind": "unknown"}
    assert "#/redirect_uris" in faults(caller.patch(address, {"redirect_uris": ["javascript:alert(1)"]}))
    assert caller.delete(address).status_code == 204
    changed_event = AuditEvent.objects.get(action="client.changed")
    assert (changed_event.personal or {})["before"]["name"] == client["name"]
    deleted = AuditEvent.objects.get(action="client.deleted")
    assert (deleted.personal or {})["before"]["client_secret"] == "(secret)"
    refused(caller.delete(f"clients/{caller.client.pk}"), 409, "client_in_use")


def test_client_is_given_no_more_by_a_change() -> None:
    helper = make_administrator(*CLIENTS)
    caller, client = person_calling(helper), make_client(scopes="openid").row
    address, mine = f"clients/{client.pk}", Application.objects.create(name="Mine", slug="mine", owner=helper)
    for changes in (
        {"scopes": ["openid", "gatehouse:users.write"]},
        {"scopes": ["openid", "no:such"]},
        {"application": str(mine.pk)},
        {"skip_authorization": True},
    ):
        refused(caller.patch(address, changes), 403, "not_yours_to_register")
    assert caller.patch(address, {"scopes": ["openid", "profile"]}).status_code == 200


def test_token_changes_no_client_that_may_do_more_than_it() -> None:
    """A superuser let an application look after clients: that gives it nothing that other clients may do."""
    strong = client_calling("gatehouse:users.write").client
    narrow = person_calling(make_superuser(), "gatehouse:clients.write gatehouse:clients.read")
    refused(narrow.post(f"clients/{strong.pk}/secret"), 403, "out_of_reach")
    refused(narrow.patch(f"clients/{strong.pk}", {"name": "x"}), 403, "out_of_reach")
    weak = make_client(scopes="openid").row
    refused(
        narrow.patch(f"clients/{weak.pk}", {"scopes": ["gatehouse:users.read"]}), 403, "not_yours_to_register"
    )


def test_scope_from_beginning_to_end() -> None:
    caller = person_calling(make_superuser())
    made = caller.post("scopes", {"name": "payroll:read", "title": "See your payslips"})
    assert made.status_code == 201, made.content
    assert caller.get("scopes?name=payroll:read").json()["items"] == [made.json()]
    assert faults(caller.post("scopes", {"name": "payroll:read", "title": "x"})) == {"#/name": "unique"}
    assert "#/name" in faults(caller.post("scopes", {"name": "gatehouse:users.read", "title": "x"}))
    address = f"scopes/{made.json()['id']}"
    assert caller.patch(address, {"title": "Read payslips"}).json()["title"] == "Read payslips"
    assert caller.delete(address).status_code == 204
    actions = AuditEvent.objects.filter(action__startswith="scope.").order_by("id")
    assert [one.action for one in actions] == ["scope.created", "scope.changed", "scope.deleted"]


def test_sessions_are_seen_and_ended() -> None:
    person = make_user()
    theirs, caller = person_calling(person), person_calling(make_superuser())
    session = caller.get(f"sessions?user={person.pk}&state=live").json()["items"][0]
    ended = caller.post(f"sessions/{session['id']}/end").json()
    assert ended["end_reason"] == "ended_by_administrator"
    refused(caller.post(f"sessions/{session['id']}/end"), 409, "conflict")
    refused(theirs.get("me"), 401, "invalid_token")
    person_calling(person)
    assert caller.post(f"users/{person.pk}/end-sessions").json() == {"ended": 1}
    assert AuditEvent.objects.filter(action="session.ended").count() == 2


def test_authorization_is_taken_back() -> None:
    person = make_user()
    theirs, caller = person_calling(person), person_calling(make_superuser())
    found = caller.get(f"authorizations?user={person.pk}").json()["items"][0]
    revoked = caller.post(f"authorizations/{found['id']}/revoke").json()
    assert revoked["revoke_reason"] == "administrator"
    refused(caller.post(f"authorizations/{found['id']}/revoke"), 409, "conflict")
    refused(theirs.get("me"), 401, "invalid_token")


def test_what_stronger_people_have_open_is_left_alone() -> None:
    superuser = make_superuser()
    person_calling(superuser)
    helper = person_calling(make_administrator("signin.change_session", "oauth.change_authorization"))
    session, authorization = superuser.sso_sessions.get(), superuser.authorizations.get()
    refused(helper.post(f"sessions/{session.pk}/end"), 403, "out_of_reach")
    refused(helper.post(f"users/{superuser.pk}/end-sessions"), 403, "out_of_reach")
    refused(helper.post(f"authorizations/{authorization.pk}/revoke"), 403, "out_of_reach")


def test_log_is_read_by_what_has_an_index() -> None:
    caller, person = person_calling(make_superuser()), make_user()
    found: list[dict[str, Any]] = []
    begun = timezone.now().isoformat().replace("+00:00", "Z")
    caller.post(f"users/{person.pk}/suspend")
    for query in (
        "action=user.changed",
        f"target={person.pk}",
        f"actor={caller.user.pk if caller.user else ''}&since={begun}",
        f"client={caller.client.pk}&since={begun}",
    ):
        found = caller.get(f"events?{query}").json()["items"]
        assert [one["action"] for one in found] == ["user.changed"], query
    assert found[0]["personal"]["before"] == {"status": "active"}
    assert found[0]["unreadable"] == []
    assert caller.get(f"events/{found[0]['id']}").json() == found[0]
    refused(caller.get("events?since=0001-01-01T00:00:00Z"), 400, "invalid_query")
    refused(caller.send("POST", "events", {}), 405, "method_not_allowed")


def test_whoever_calls_is_told_what_they_may_do() -> None:
    helper = make_administrator("directory.view_user", "oauth.view_client")
    said = person_calling(helper, "gatehouse:users.read gatehouse:users.write").get("me").json()
    assert (said["kind"], said["id"]) == ("user", str(helper.pk))
    assert said["rights"] == ["directory.view_user"]
    service = client_calling("gatehouse:keys.read")
    said = service.get("me").json()
    assert (said["kind"], said["id"], said["rights"]) == (
        "client",
        str(service.client.pk),
        ["keys.view_signingkey"],
    )
    refused(person_calling(helper, "openid").get("me"), 403, "insufficient_scope")
