"""Registering clients: what is safe follows from the kind, and the secret is told once."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.oauth.errors import ClientRefused
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, RegisteredClient, create_client, rotate_client_secret
from apps.oauth.token_values import digest

pytestmark = pytest.mark.django_db
REDIRECT_URI = "https://app.example.org/callback"


def register(**details: Any) -> RegisteredClient:
    given: dict[str, Any] = {"name": "Payroll", "redirect_uris": [REDIRECT_URI]}
    return create_client(
        details=NewClient(**(given | details)), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )


@pytest.mark.spec("RFC 6749", "2.1")
@pytest.mark.parametrize(
    ("kind", "client_type", "grant", "has_secret"),
    [
        ("web", "confidential", "authorization-code", True),
        ("spa", "public", "authorization-code", False),
        ("native", "public", "authorization-code", False),
        ("service", "confidential", "client-credentials", True),
    ],
)
def test_type_grant_and_secret_follow_from_the_kind(
    kind: str, client_type: str, grant: str, has_secret: bool
) -> None:
    registered = register(kind=kind, is_pkce_required=False)
    client = registered.client
    assert (client.client_type, client.authorization_grant_type) == (client_type, grant)
    assert bool(registered.secret) is bool(client.client_secret) is has_secret
    assert client.is_pkce_required is (client_type == "public")


def test_secret_is_stored_as_a_digest_only() -> None:
    registered = register()
    stored = Client.objects.get().client_secret
    assert stored == digest(registered.secret)
    assert registered.secret not in repr(AuditEvent.objects.values())


def test_new_secret_takes_the_place_of_the_old() -> None:
    registered = register()
    new = rotate_client_secret(
        client=registered.client, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )
    assert new != registered.secret
    assert Client.objects.get().client_secret == digest(new)
    event = AuditEvent.objects.get(action="client.secret_rotated")
    assert event.target_id == str(registered.client.pk)
    assert new not in repr(vars(event))


@pytest.mark.parametrize("kind", ["spa", "native"])
def test_public_client_has_no_secret_to_renew(kind: str) -> None:
    client = register(kind=kind).client
    with pytest.raises(ClientRefused):
        rotate_client_secret(client=client, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://app.example.org/"]}, "redirect_uris"),
        ({"redirect_uris": [REDIRECT_URI, "javascript:alert(1)"]}, "redirect_uris"),
        ({"post_logout_redirect_uris": ["https://app.example.org/#x"]}, "post_logout_redirect_uris"),
        ({"kind": "robot"}, "kind"),
        ({"algorithm": "none"}, "algorithm"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"name": ""}, "name"),
        ({"client_id": "pay roll"}, "client_id"),
        ({"scopes": 'openid pay"roll'}, "scopes"),
    ],
)
def test_what_is_not_accepted_is_named_and_leaves_nothing(details: dict[str, Any], field: str) -> None:
    with pytest.raises(ClientRefused) as refusal:
        register(**details)
    assert refusal.value.field == field
    assert not Client.objects.exists()
    assert not Application.objects.exists()
    assert not AuditEvent.objects.exists()


def test_service_gets_no_scopes_about_people_unless_asked_for() -> None:
    assert register(kind="service", redirect_uris=[], scopes=None).client.scopes == ""
    assert register(scopes=None).client.scopes == "openid profile email"


def test_client_id_is_given_once() -> None:
    register(client_id="payroll")
    with pytest.raises(ClientRefused) as refusal:
        register(name="Other", client_id="payroll")
    assert refusal.value.field == "client_id"


def test_application_of_the_same_name_gets_another_client() -> None:
    first, second = register(), register(name="PAYROLL", kind="native")
    assert first.client.application == second.client.application


def test_registration_is_recorded_with_what_was_registered() -> None:
    client = register(scopes="openid files:read").client
    event = AuditEvent.objects.get(action="client.created")
    assert event.personal is not None
    assert event.personal["after"]["scopes"] == "openid files:read"
    assert event.personal["after"]["redirect_uris"] == REDIRECT_URI
    assert event.target_id == str(client.pk)


# The command ------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("clients", *arguments, stdout=output)
    return output.getvalue()


def test_command_prints_the_secret_once_and_never_lists_it() -> None:
    created = json.loads(run("create", "--name", "Payroll", "--redirect-uri", REDIRECT_URI, "--json"))
    assert Client.objects.get().client_secret == digest(created["client_secret"])
    listed = run("list", "--json") + run("list")
    assert created["client_id"] in listed
    assert created["client_secret"] not in listed
    assert Client.objects.get().client_secret not in listed


def test_command_renews_a_secret() -> None:
    first = json.loads(run("create", "--name", "Payroll", "--redirect-uri", REDIRECT_URI, "--json"))
    second = json.loads(run("rotate-secret", "--client-id", first["client_id"], "--json"))
    assert Client.objects.get().client_secret == digest(second["client_secret"])
    assert second["client_secret"] != first["client_secret"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--name", "Payroll"),
        ("create", "--name", "Payroll", "--redirect-uri", "http://evil.example/"),
        ("rotate-secret", "--client-id", "nobody"),
    ],
)
def test_command_says_in_one_line_why_it_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    assert len(str(refusal.value).splitlines()) == 1
    assert not Client.objects.exists()
