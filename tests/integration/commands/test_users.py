"""`manage.py users …`: what scripts rely on is the output, the exit codes and that no secret is an argument."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.directory.models import User
from tests.factories.foreign_hashes import FOREIGN_HASHES, Maker
from tests.factories.people import make_user
from tests.integration.commands.command_line import CommandLine
from tests.services.gatehouse import Gatehouse

# A command closes its database connections when it ends.
pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Wooden-Gate-Opens-7!"


def test_created_person_is_printed_as_json(manage: CommandLine) -> None:
    done = manage(
        "users", "create", "--username", "kim", "--email", "kim@example.org", "--email-verified",
        "--given-name", "Kim", "--family-name", "Larsen", "--department", "Sales",
        "--password-stdin", "--json", typed=f"{PASSWORD}\n",
    )  # fmt: skip
    user = User.objects.get()
    assert done.exit_code == 0
    assert json.loads(done.out) == {"id": str(user.pk), "username": "kim", "email": "kim@example.org"}
    assert PASSWORD not in done.out + done.err
    assert check_password(PASSWORD, user.password)
    assert (user.display_name, user.department, user.is_email_verified) == ("Kim Larsen", "Sales", True)
    assert not user.is_staff
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_kind) == ("user.created", "system")


def test_administrator_and_person_without_password(manage: CommandLine) -> None:
    assert manage("users", "create", "--username", "ada", "--admin").out == "Created ada.\n"
    user = User.objects.get()
    assert user.is_staff
    assert user.is_superuser
    assert not user.has_usable_password()


def test_only_the_line_end_is_taken_off_a_password(manage: CommandLine) -> None:
    manage(
        "users", "create", "--username", "kim", "--password-stdin", typed=" Spaces count 4 me \r\nnot this\n"
    )
    assert check_password(" Spaces count 4 me ", User.objects.get().password)


@pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
def test_person_comes_with_the_hash_that_another_system_kept(manage: CommandLine, make: Maker) -> None:
    done = manage("users", "create", "--username", "kim", "--password-hash-stdin", typed=f"{make()}\n")
    assert (done.exit_code, done.out) == (0, "Created kim.\n")
    assert check_password(PASSWORD, User.objects.get().password)


def test_hash_that_would_make_signing_in_slow_is_refused(manage: CommandLine) -> None:
    slow = "$2b$31$abcdefghijklmnopqrstuuhBy4nj2ISnDrdjKk.Q71AILygcYsZZe"
    done = manage("users", "create", "--username", "kim", "--password-hash-stdin", typed=slow)
    assert (done.exit_code, done.out) == (1, "")
    assert done.reason == "CommandError: password: bcrypt's cost is 31; 4 to 13 are accepted."
    assert not User.objects.exists()


def test_people_are_listed(manage: CommandLine) -> None:
    first, second = make_user(), make_user(status=User.Status.SUSPENDED)
    rows = {
        row["username"]: row for row in map(json.loads, manage("users", "list", "--json").out.splitlines())
    }
    assert set(rows) == {first.username, second.username}
    assert rows[second.username]["status"] == "suspended"
    assert not [name for row in rows.values() for name in row if "password" in name]
    assert second.username in manage("users", "list").out


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["--username", "no spaces please"], PASSWORD, "username: Use letters"),
        (["--username", "ROBIN"], PASSWORD, "Somebody already has this user name"),
        (["--username", "fine", "--email", "not an address"], PASSWORD, "email: "),
        (["--username", "fine"], "short", "password: It is too short"),
        (["--username", "fine"], "", "password: It is too short"),
    ],
)
def test_refusal_is_one_line_and_exit_code_1(
    manage: CommandLine, arguments: list[str], password: str, reason: str
) -> None:
    make_user(username="robin")
    done = manage("users", "create", *arguments, "--password-stdin", "--json", typed=f"{password}\n")
    assert (done.exit_code, done.out) == (1, "")
    assert reason in done.reason
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["create"],
        ["create", "--username"],
        ["create", "--username", "kim", "--password", "on the command line"],
        ["create", "--username", "kim", "--password-stdin", "--password-hash-stdin"],
        ["promote"],
        ["list", "--xml"],
    ],
)
def test_wrong_usage_is_exit_code_2(manage: CommandLine, arguments: list[str]) -> None:
    done = manage("users", *arguments)
    assert done.exit_code == 2
    assert "usage:" in done.err
    assert not User.objects.exists()


def test_lock_is_lifted_by_name(manage: CommandLine) -> None:
    make_user(username="kim", failed_sign_ins=5, locked_until=timezone.now() + timedelta(minutes=9))
    assert manage("users", "unlock", "--username", "KIM").out == "Unlocked kim.\n"
    assert User.objects.get().locked_until is None
    assert manage("users", "unlock", "--username", "kim").out == "kim was not locked.\n"
    nobody = manage("users", "unlock", "--username", "nobody")
    assert (nobody.exit_code, nobody.reason) == (1, "CommandError: There is nobody called nobody.")


@pytest.mark.parametrize("command", ["users", "clients", "serve"])
def test_help_says_what_it_is_for(manage: CommandLine, command: str) -> None:
    done = manage(command, "--help")
    assert done.exit_code == 0
    assert "usage:" in done.out


def test_shell_sees_exit_code_and_reason(gatehouse: Gatehouse) -> None:
    refused = gatehouse.manage("users", "create", "--username", "no spaces please", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: username: Use letters")
