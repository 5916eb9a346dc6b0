"""Each outcome of an endpoint is one event that says who did what to what, through which client, and why not."""

from typing import Any

import pytest
from django.test import Client as Browser

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.models import Authorization
from apps.signin.models import Session
from tests.factories.clients import (
    FORM,
    TestClient,
    authorization_parameters,
    call,
    introspect,
    make_client,
    make_pkce,
    obtain_code,
    obtain_tokens,
    post_form,
    redeem,
    refresh,
    userinfo,
)

pytestmark = pytest.mark.django_db


class Log:
    """The events since it was last looked at."""

    def __init__(self) -> None:
        self.seen = {event.pk for event in AuditEvent.objects.all()}

    def new(self) -> list[AuditEvent]:
        events = [event for event in AuditEvent.objects.order_by("id") if event.pk not in self.seen]
        self.seen |= {event.pk for event in events}
        return events

    def only(self) -> AuditEvent:
        (event,) = self.new()
        return event


def assert_event(
    event: AuditEvent,
    action: str,
    *,
    outcome: str,
    actor: tuple[str, str],
    target: tuple[str, str],
    client: str,
) -> None:
    assert (event.action, event.outcome) == (action, outcome)
    assert (event.actor_kind, event.actor_id) == actor
    assert (event.target_kind, event.target_id) == target
    assert event.client_id == client
    assert event.request_id
    assert event.personal is not None
    assert event.personal["ip"] == "127.0.0.1"


@pytest.fixture
def log(visitor: Browser, app: TestClient) -> Log:
    return Log()


def as_client(app: TestClient) -> tuple[str, str]:
    return ("client", str(app.row.pk))


def as_user(person: User) -> tuple[str, str]:
    return ("user", str(person.pk))


def test_consent_is_one_event(log: Log, visitor: Browser, app: TestClient, person: User) -> None:
    obtain_code(visitor, app, make_pkce())
    event = log.only()
    assert_event(
        event,
        "authorization.granted",
        outcome="success",
        actor=as_user(person),
        target=as_client(app),
        client=str(app.row.pk),
    )
    assert event.session_id == str(Session.objects.get().pk)
    assert event.details == {
        "scope": "openid profile email offline_access",
        "authorization": str(Authorization.objects.get().pk),
        "consent": "given",
    }


def test_request_that_only_asks_is_no_event(
    log: Log, visitor: Browser, machine: Browser, app: TestClient
) -> None:
    visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), prompt="none"))
    machine.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    machine.get("/oauth/authorize", {"client_id": "nobody"})
    assert log.new() == []


def test_refusal_of_the_person_is_one_event(
    log: Log, visitor: Browser, app: TestClient, person: User
) -> None:
    page = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    visitor.post(f"/oauth/authorize?{page.wsgi_request.META['QUERY_STRING']}", {"action": "deny"})
    event = log.only()
    assert_event(
        event,
        "authorization.refused",
        outcome="refused",
        actor=as_user(person),
        target=as_client(app),
        client=str(app.row.pk),
    )
    assert event.details["reason"] == "consent_denied"


def test_refusal_of_access_is_one_event(visitor: Browser, person: User) -> None:
    closed = make_client(audience=Application.Audience.ASSIGNED)
    log = Log()
    visitor.get("/oauth/authorize", authorization_parameters(closed, make_pkce()))
    event = log.only()
    assert event.action == "authorization.refused"
    assert event.details["reason"] == "no_role"


def test_redeemed_code_is_one_event(
    visitor: Browser, machine: Browser, app: TestClient, person: User
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    log = Log()
    redeem(machine, app, code, pkce)
    event = log.only()
    assert_event(
        event,
        "token.issued",
        outcome="success",
        actor=as_client(app),
        target=as_user(person),
        client=str(app.row.pk),
    )
    assert event.session_id == str(Session.objects.get().pk)
    assert event.details == {
        "grant_type": "authorization_code",
        "scope": "openid profile email offline_access",
        "expires_in": 3600,
        "has_refresh_token": True,
        "authorization": str(Authorization.objects.get().pk),
    }


def test_refresh_is_one_event_with_what_it_gave(visitor: Browser, machine: Browser, app: TestClient) -> None:
    token = obtain_tokens(visitor, app)["refresh_token"]
    log = Log()
    refresh(machine, app, token, scope="openid")
    event = log.only()
    assert event.action == "token.issued"
    assert (event.details["grant_type"], event.details["scope"]) == ("refresh_token", "openid")


def test_token_of_a_service_is_one_event_about_itself(machine: Browser) -> None:
    service = make_client(kind="service", redirect_uris=[], scopes="files:read")
    log = Log()
    call(machine, "/oauth/token", service, {"grant_type": "client_credentials", "scope": "files:read"})
    assert_event(
        log.only(),
        "token.issued",
        outcome="success",
        actor=as_client(service),
        target=as_client(service),
        client=str(service.row.pk),
    )


def test_replay_is_the_end_of_the_family_and_a_refusal(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    redeem(machine, app, code, pkce)
    log = Log()
    redeem(machine, app, code, pkce)
    redeem(machine, app, code, pkce)
    target = ("authorization", str(Authorization.objects.get().pk))
    revoked, first, second = sorted(log.new(), key=lambda event: event.action)
    assert_event(
        revoked,
        "authorization.revoked",
        outcome="success",
        actor=as_client(app),
        target=target,
        client=str(app.row.pk),
    )
    assert revoked.details == {"reason": "code_replayed"}
    for refused in (first, second):
        assert_event(
            refused,
            "token.refused",
            outcome="refused",
            actor=as_client(app),
            target=target,
            client=str(app.row.pk),
        )
        assert refused.details == {
            "error": "invalid_grant",
            "reason": "code_replayed",
            "grant_type": "authorization_code",
        }


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"grant_type": "authorization_code", "code": "x"}, "unknown_code"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unknown_refresh_token"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "openid"}, "unauthorized_client"),
    ],
)
def test_refused_token_request_is_one_event_with_its_reason(
    log: Log, machine: Browser, app: TestClient, form: dict[str, str], reason: str
) -> None:
    call(machine, "/oauth/token", app, form)
    event = log.only()
    assert event.action == "token.refused"
    assert event.outcome == "refused"
    assert event.details["reason"] == reason
    assert event.details["grant_type"] == form["grant_type"]


def test_unknown_grant_is_one_event_and_its_name_is_clipped(
    log: Log, machine: Browser, app: TestClient
) -> None:
    call(machine, "/oauth/token", app, {"grant_type": "x" * 10_000})
    event = log.only()
    assert event.details == {
        "error": "unsupported_grant_type",
        "reason": "unsupported_grant_type",
        "grant_type": "x" * 64,
    }


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/oauth/token", "token.refused"),
        ("/oauth/introspect", "client.refused"),
        ("/oauth/revoke", "client.refused"),
    ],
)
def test_wrong_secret_is_one_event_by_nobody_naming_the_client(
    log: Log, machine: Browser, app: TestClient, path: str, action: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    call(machine, path, TestClient(app.row, "wrong"), form)
    event = log.only()
    assert (event.action, event.outcome, event.actor_kind, event.actor_id) == (
        action,
        "refused",
        "anonymous",
        "",
    )
    assert event.client_id == str(app.row.pk)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_unknown_client_is_one_event_without_what_it_called_itself(
    log: Log, machine: Browser, path: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    post_form(machine, path, form | {"client_id": "somebody-unheard-of", "client_secret": "x"})
    event = log.only()
    assert event.client_id == ""
    assert "somebody-unheard-of" not in repr(vars(event))


def test_revocation_is_one_event(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    log = Log()
    call(machine, "/oauth/revoke", app, {"token": tokens["access_token"]})
    event = log.only()
    assert_event(
        event,
        "authorization.revoked",
        outcome="success",
        actor=as_client(app),
        target=("authorization", str(Authorization.objects.get().pk)),
        client=str(app.row.pk),
    )
    assert event.details == {"reason": "client"}


def test_looking_is_no_event(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    log = Log()
    introspect(machine, app, tokens["access_token"])
    introspect(machine, app, "unknown")
    userinfo(machine, tokens["access_token"])
    userinfo(machine, "unknown")
    call(machine, "/oauth/revoke", app, {"token": "unknown"})
    machine.get("/.well-known/jwks.json")
    assert log.new() == []


def test_request_that_is_no_request_is_no_event(log: Log, machine: Browser, app: TestClient) -> None:
    machine.get("/oauth/token")
    machine.post("/oauth/token", "{}", content_type="application/json")
    machine.post("/oauth/token", "grant_type=a&grant_type=b", content_type=FORM)
    assert log.new() == []


def test_refusal_and_its_event_are_committed_together(
    monkeypatch: pytest.MonkeyPatch, visitor: Browser, app: TestClient
) -> None:
    """If the log cannot be written, nothing was given."""
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(AuditEvent, "save", fails)
    answer = redeem(Browser(raise_request_exception=False), app, code, pkce)
    monkeypatch.undo()
    assert answer.status_code == 500
    assert b"gat_" not in answer.content
    assert redeem(Browser(), app, code, pkce).status_code == 200
