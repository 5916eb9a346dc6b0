"""`manage.py clients …`: registering relying parties from scripts."""

import json

import pytest

from apps.audit.models import AuditEvent
from apps.oauth.models import Client
from tests.factories.clients import make_client
from tests.integration.commands.command_line import CommandLine

# A command closes its database connections when it ends.
pytestmark = pytest.mark.django_db(transaction=True)

REDIRECT_URI = "https://app.example.org/callback"
CREATE = ("clients", "create", "--name", "Payroll", "--redirect-uri", REDIRECT_URI)
FROM_A_VAULT = "from-a-vault-0123456789-01234567"


def test_secret_is_printed_once_and_kept_nowhere(manage: CommandLine) -> None:
    created = json.loads(manage(*CREATE, "--json").out)
    client = Client.objects.get()
    assert created["client_id"] == client.client_id
    assert len(created["client_secret"]) >= 32
    listing = manage("clients", "list", "--json").out
    assert json.loads(listing)["client_id"] == client.client_id
    kept = listing + str(Client.objects.values()) + str(AuditEvent.objects.values())
    assert created["client_secret"] not in kept


def test_people_can_read_it_too(manage: CommandLine) -> None:
    out = manage(*CREATE).out
    client = Client.objects.get()
    assert f"client_id      {client.client_id}" in out
    assert "(shown once)" in out
    assert "Payroll" in manage("clients", "list").out


def test_several_addresses_and_scopes_are_taken(manage: CommandLine) -> None:
    other = "https://app.example.org/other"
    manage(*CREATE, "--redirect-uri", other, "--post-logout-redirect-uri", other, "--scope", "openid email")
    client = Client.objects.get()
    assert client.redirect_uris.split() == [REDIRECT_URI, other]
    assert client.post_logout_redirect_uris == other
    assert client.scopes == "openid email"


def test_id_and_secret_can_be_given_without_the_secret_being_an_argument(manage: CommandLine) -> None:
    done = manage(
        *CREATE,
        "--client-id",
        "given-id",
        "--secret-stdin",
        "--json",
        typed=f"{FROM_A_VAULT}\n",
    )
    created = json.loads(done.out)
    assert (created["client_id"], created["client_secret"]) == ("given-id", FROM_A_VAULT)


@pytest.mark.parametrize("typed", [FROM_A_VAULT[:31], "hunter", " \n"])
def test_secret_that_can_be_guessed_is_refused(manage: CommandLine, typed: str) -> None:
    done = manage(*CREATE, "--secret-stdin", "--json", typed=typed)
    assert (done.exit_code, done.out) == (1, "")
    assert done.reason == (
        "CommandError: secret: At least 32 random characters are needed; `openssl rand -base64 48` makes some."
    )
    assert not Client.objects.exists()


@pytest.mark.parametrize("typed", ["", "\n"])
def test_no_secret_is_made_up_where_one_was_to_be_given(manage: CommandLine, typed: str) -> None:
    done = manage(*CREATE, "--secret-stdin", "--json", typed=typed)
    assert (done.exit_code, done.reason) == (1, "CommandError: secret: Standard input was empty.")
    assert not Client.objects.exists()


def test_secret_for_a_public_client_is_refused(manage: CommandLine) -> None:
    done = manage(*CREATE, "--kind", "spa", "--secret-stdin", typed=FROM_A_VAULT)
    assert (done.exit_code, done.reason) == (1, "CommandError: secret: A public client has no secret.")
    assert not Client.objects.exists()


def test_public_client_has_no_secret(manage: CommandLine) -> None:
    created = json.loads(manage(*CREATE, "--kind", "spa", "--json").out)
    assert created["client_secret"] is None
    done = manage("clients", "rotate-secret", "--client-id", created["client_id"])
    assert (done.exit_code, done.reason) == (1, "CommandError: kind: A public client has no secret.")


def test_rotated_secret_is_another_one(manage: CommandLine) -> None:
    client = make_client()
    rotated = json.loads(manage("clients", "rotate-secret", "--client-id", client.client_id, "--json").out)
    assert rotated["client_id"] == client.client_id
    assert rotated["client_secret"] != client.secret
    before = client.row.client_secret
    client.row.refresh_from_db()
    assert client.row.client_secret != before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--name", "No address"], "redirect_uris: "),
        (["--name", "Open", "--redirect-uri", "http://app.example.org/cb"], "must be https"),
        (["--name", "Fragment", "--redirect-uri", "https://app.example.org/cb#x"], "redirect_uris: "),
        (["--name", "", "--redirect-uri", REDIRECT_URI], "name: "),
    ],
)
def test_refusal_is_one_line_and_exit_code_1(manage: CommandLine, arguments: list[str], reason: str) -> None:
    done = manage("clients", "create", *arguments, "--json")
    assert (done.exit_code, done.out) == (1, "")
    assert reason in done.reason
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["create"], ["create", "--name", "x", "--kind", "toaster"], ["rotate-secret"], ["delete"]],
)
def test_wrong_usage_is_exit_code_2(manage: CommandLine, arguments: list[str]) -> None:
    done = manage("clients", *arguments)
    assert done.exit_code == 2
    assert "usage:" in done.err


def test_unknown_client_is_refused(manage: CommandLine) -> None:
    done = manage("clients", "rotate-secret", "--client-id", "nobody")
    assert (done.exit_code, done.reason) == (1, "CommandError: There is no client nobody.")
