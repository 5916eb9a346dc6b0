"""`manage.py users …`: what scripts rely on is the output, the exit codes and that no secret is an argument."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.link_tokens import digest_of
from apps.directory.models import User
from apps.directory.services.first_administrator import make_administrator_link
from apps.directory.services.password_by_link import set_password_by_link
from tests.factories.foreign_hashes import FOREIGN_HASHES, Maker
from tests.factories.people import make_user
from tests.integration.commands.command_line import CommandLine
from tests.integration.directory.test_attributes import make_attribute
from tests.integration.directory.test_units import make_unit
from tests.integration.signin.mailbox import links_in, work
from tests.integration.signin.together import at_once
from tests.services.environment import PROJECT_DIR
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


def test_times_are_listed_in_iso_8601(manage: CommandLine) -> None:
    at = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    make_user(last_sign_in_at=at)
    row = json.loads(manage("users", "list", "--json").out)
    assert row["last_sign_in_at"] == "2026-11-24T10:30:00+00:00"


@pytest.mark.parametrize("verb", ["show", "lock", "suspend", "change"])
def test_person_is_named_with_or_without_the_option(manage: CommandLine, verb: str) -> None:
    make_user(username="kim")
    for named in (["kim"], ["--username", "kim"]):
        done = manage("users", verb, *named, "--json")
        assert (done.exit_code, json.loads(done.out)["username"]) == (0, "kim")
    for named in ([], ["kim", "--username", "kim"]):
        assert manage("users", verb, *named).exit_code == 2


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
        ["create", "--username", "kim", "--password-stdin", "--invite"],
        ["invite"],
        ["first-admin"],
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


# Links ---------------------------------------------------------------------------------------------------------------


NEW_PASSWORD = "Another-Door-Opens-8!"


def set_password_by(link: str) -> bool:
    browser = Client()
    browser.get(urlsplit(link).path)
    chosen = {"chosen": NEW_PASSWORD, "again": NEW_PASSWORD}
    return browser.post("/account/set-password", chosen).status_code == 302


def test_first_administrator_comes_in_by_a_link_that_works_once(manage: CommandLine) -> None:
    done = manage("users", "first-admin", "--username", "ada", "--email", "ada@example.org", "--json")
    printed = json.loads(done.out)
    user = User.objects.get()
    assert (done.exit_code, printed["id"], printed["username"]) == (0, str(user.pk), "ada")
    assert printed["link"].startswith("http://localhost:8000/account/set-password/")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, True, False)
    assert set_password_by(printed["link"])
    assert not set_password_by(printed["link"])
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert not user.is_email_verified, "a printed link says nothing about the mailbox"
    actions = ["user.created", "administrator.link_made", "user.password_reset"]
    assert sorted(AuditEvent.objects.values_list("action", flat=True)) == sorted(actions)
    assert printed["link"].rpartition("/")[2] not in str(list(AuditEvent.objects.values()))


def test_lost_link_is_replaced(manage: CommandLine) -> None:
    first, second = (
        json.loads(manage("users", "first-admin", "--username", "ada", "--json").out)["link"]
        for _ in range(2)
    )
    assert User.objects.count() == 1
    assert not set_password_by(first)
    assert set_password_by(second)


def test_link_is_printed_with_its_end(manage: CommandLine) -> None:
    done = manage("users", "first-admin", "--username", "ada")
    said, link = done.out.splitlines()
    assert "ada sets a password, once, until" in said
    assert set_password_by(link)


def test_first_administrator_is_the_first(manage: CommandLine) -> None:
    make_user(username="root", is_staff=True, is_superuser=True)
    done = manage("users", "first-admin", "--username", "ada")
    assert (done.exit_code, done.out) == (1, "")
    assert "--recover" in done.reason
    assert User.objects.count() == 1
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"status": User.Status.SUSPENDED}, {"password": "!"}, {"is_superuser": False}, {"is_staff": False}],
)
def test_administrator_who_cannot_come_in_is_none(manage: CommandLine, fields: dict[str, Any]) -> None:
    make_user(**({"is_staff": True, "is_superuser": True} | fields))
    assert manage("users", "first-admin", "--username", "ada").exit_code == 0


def test_whoever_has_the_shell_recovers(manage: CommandLine) -> None:
    root = make_user(username="root", is_staff=True, is_superuser=True)
    lost = json.loads(manage("users", "first-admin", "--username", "ROOT", "--recover", "--json").out)
    assert lost["id"] == str(root.pk)
    more = json.loads(manage("users", "first-admin", "--username", "ada", "--recover", "--json").out)
    assert set_password_by(lost["link"])
    assert set_password_by(more["link"])
    made = AuditEvent.objects.filter(action="administrator.link_made")
    assert [event.details["recovery"] for event in made] == [True, True]


def test_link_of_a_first_administrator_ends_when_another_one_comes_in(manage: CommandLine) -> None:
    one, other = (
        json.loads(manage("users", "first-admin", "--username", name, "--json").out)["link"]
        for name in ("root1", "root7")
    )
    assert set_password_by(one)
    assert not set_password_by(other)
    assert not User.objects.get(username="root7").has_usable_password()
    again = json.loads(manage("users", "first-admin", "--username", "root7", "--recover", "--json").out)
    assert set_password_by(again["link"])


def test_address_that_is_not_taken_is_spoken_of(manage: CommandLine) -> None:
    first = manage("users", "first-admin", "--username", "ada", "--email", "ada@example.org")
    same = manage("users", "first-admin", "--username", "ada", "--email", "Ada@example.org")
    assert first.err == same.err == ""
    other = manage("users", "first-admin", "--username", "ada", "--email", "other@example.org")
    assert "--email was not used" in other.err
    assert User.objects.get().email == "ada@example.org"


def test_of_several_first_administrators_at_once_one_comes_in() -> None:
    now = timezone.now()
    digests = [
        digest_of(
            make_administrator_link(
                username=f"root{number}", email="", is_recovery=False, now=now
            ).path.rpartition("/")[2]
        )
        for number in range(4)
    ]

    def use(digest: str) -> bool:
        return bool(
            set_password_by_link(token_digest=digest, password=NEW_PASSWORD, origin=SYSTEM_ORIGIN, now=now)
        )

    assert sorted(at_once([partial(use, digest) for digest in digests])) == [False, False, False, True]


@pytest.mark.parametrize("fields", [{}, {"is_staff": True, "is_superuser": True, "status": "suspended"}])
def test_nobody_becomes_an_administrator_by_recovery(manage: CommandLine, fields: dict[str, Any]) -> None:
    user = make_user(username="kim", **fields)
    done = manage("users", "first-admin", "--username", "kim", "--recover")
    assert done.exit_code == 1
    assert "Choose another name" in done.reason
    user.refresh_from_db()
    assert user.is_superuser is bool(fields)


def test_person_is_created_with_an_invitation(manage: CommandLine, mailoutbox: list[Any]) -> None:
    done = manage("users", "create", "--username", "kim", "--email", "kim@example.org", "--invite")
    assert done.out == "Created kim. An invitation is on its way.\n"
    work()
    (link,) = links_in(mailoutbox)
    assert set_password_by(link)
    assert User.objects.get().is_email_verified


def test_invitation_is_sent_once_more(manage: CommandLine, mailoutbox: list[Any]) -> None:
    make_user(username="kim", email="kim@example.org", password="!", is_email_verified=False)
    assert manage("users", "invite", "KIM").out == "An invitation is on its way to kim@example.org.\n"
    work()
    assert len(mailoutbox) == 1


def test_link_is_handed_over_where_there_is_no_mail(manage: CommandLine, settings: Settings) -> None:
    settings.MAIL_DELIVERY = "none"
    make_user(username="kim", password="!", is_email_verified=False)
    refused = manage("users", "invite", "kim")
    assert refused.exit_code == 1
    assert "--print-link" in refused.reason
    assert (
        "EMAIL_URL" in manage("users", "create", "--username", "x", "--email", "x@x.org", "--invite").reason
    )
    printed = json.loads(manage("users", "invite", "kim", "--print-link", "--json").out)
    assert set_password_by(printed["link"])
    assert not User.objects.get().is_email_verified


@pytest.mark.parametrize(
    ("fields", "arguments"),
    [
        ({}, []),
        ({}, ["--print-link"]),
        ({"password": "!", "email": ""}, []),
        ({"password": "!", "status": "suspended"}, ["--print-link"]),
    ],
)
def test_who_is_not_invited_is_told_in_a_line(
    manage: CommandLine, fields: dict[str, Any], arguments: list[str]
) -> None:
    make_user(username="kim", **fields)
    done = manage("users", "invite", "kim", *arguments)
    assert (done.exit_code, done.out) == (1, "")
    assert "kim has a password already" in done.reason
    assert manage("users", "invite", "nobody").reason == "CommandError: There is nobody called nobody."


# The record -----------------------------------------------------------------------------------------------------


def test_attributes_and_unit_come_with_a_new_person_and_are_shown(manage: CommandLine) -> None:
    make_attribute("desk")
    make_attribute("skills", is_multivalued=True)
    make_unit("Sales", make_unit("Acme"), code="S-1")
    done = manage(
        "users", "create", "--username", "kim", "--unit", "S-1",
        "--attribute", "desk=4.12", "--attribute", "skills=Welding", "--attribute", "skills=Sewing=fast",
    )  # fmt: skip
    assert done.exit_code == 0, done.err
    record = json.loads(manage("users", "show", "--username", "KIM", "--json").out)
    assert record["attributes"] == {"desk": "4.12", "skills": ["Welding", "Sewing=fast"]}
    assert record["unit"] == "Acme / Sales"
    shown = manage("users", "show", "--username", "kim").out
    assert "attributes         desk: 4.12; skills: Welding, Sewing=fast" in shown
    assert not [line for line in shown.splitlines() if "password " in line or "argon2" in line]


def test_record_is_changed_with_one_event(manage: CommandLine) -> None:
    make_attribute("desk")
    user, manager = make_user(username="kim"), make_user(username="boss")
    done = manage(
        "users", "change", "--username", "kim", "--new-username", "kimmy", "--job-title", "Smith",
        "--manager", "boss", "--starts-on", "2026-01-02", "--attribute", "desk=2", "--email-verified",
    )  # fmt: skip
    assert (done.exit_code, done.out) == (0, "Changed kimmy.\n"), done.err
    user.refresh_from_db()
    assert (user.username, user.job_title, user.manager) == ("kimmy", "Smith", manager)
    event = AuditEvent.objects.get(action="user.changed")
    assert event.personal is not None
    assert event.personal["after"]["attributes.desk"] == "2"
    again = manage("users", "change", "--username", "kimmy", "--job-title", "Smith", "--attribute", "desk=2")
    assert again.out == "There was nothing to change of kimmy.\n"
    manage(
        "users", "change", "--username", "kimmy", "--manager", "", "--starts-on", "", "--attribute", "desk="
    )
    record = json.loads(manage("users", "show", "--username", "kimmy", "--json").out)
    assert (record["manager"], record["starts_on"], record["attributes"]) == (None, None, {})


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--attribute", "unknown=1"], "attributes.unknown: There is no such attribute."),
        (["--attribute", "floor=four"], "attributes.floor: This is not a number."),
        (["--unit", "none"], "unit: There is no organisation unit with the code none."),
        (["--manager", "nobody"], "There is nobody called nobody."),
        (["--manager", "kim"], "manager: Nobody is their own manager."),
        (["--time-zone", "Mars/Crater"], "time_zone: "),
    ],
)
def test_change_that_is_refused_changes_nothing(
    manage: CommandLine, arguments: list[str], reason: str
) -> None:
    make_attribute("floor", "number")
    make_user(username="kim")
    done = manage("users", "change", "--username", "kim", "--job-title", "Smith", *arguments)
    assert (done.exit_code, done.out) == (1, "")
    assert reason in done.reason
    assert User.objects.get().job_title == ""
    assert not AuditEvent.objects.exists()


def test_list_is_narrowed_and_goes_on_where_it_ended(manage: CommandLine) -> None:
    make_attribute("desk")
    for name in ("anna", "ben", "cleo", "dora"):
        make_user(username=name, status="suspended" if name == "dora" else "active")
    manage("users", "change", "--username", "ben", "--attribute", "desk=1")
    manage("groups", "create", "--name", "Club")
    manage("groups", "add", "--group", "Club", "--username", "cleo")

    def listed(*arguments: str) -> list[str]:
        lines = manage("users", "list", "--json", *arguments).out.splitlines()
        return [json.loads(line)["username"] for line in lines]

    assert listed() == ["anna", "ben", "cleo", "dora"]
    assert listed("--limit", "2") == ["anna", "ben"]
    assert listed("--after", "ben", "--limit", "2") == ["cleo", "dora"]
    assert listed("--status", "suspended") == ["dora"]
    assert listed("--attribute", "desk=1") == ["ben"]
    assert listed("--group", "club") == ["cleo"]
    assert manage("users", "list", "--limit", "0").exit_code == 2


# Standing -------------------------------------------------------------------------------------------------------


def test_standing_is_changed_and_said_as_it_is(manage: CommandLine) -> None:
    make_user(username="kim")
    assert manage("users", "suspend", "--username", "kim").out == "Suspended kim.\n"
    assert manage("users", "suspend", "--username", "kim").out == "kim was suspended already.\n"
    shown = json.loads(manage("users", "reactivate", "--username", "kim", "--json").out)
    assert (shown["username"], shown["status"]) == ("kim", "active")
    assert manage("users", "deprovision", "--username", "kim").out == "Deprovisioned kim.\n"
    refused = manage("users", "reactivate", "--username", "kim")
    assert refused.exit_code == 1
    assert "deprovisioned" in refused.reason
    assert AuditEvent.objects.filter(action="user.changed").count() == 3


@pytest.mark.parametrize("verb", ["suspend", "deprovision"])
def test_last_superuser_stays(manage: CommandLine, verb: str) -> None:
    make_user(username="root", is_staff=True, is_superuser=True)
    done = manage("users", verb, "--username", "root")
    assert done.exit_code == 1
    assert "Nobody could undo it" in done.reason
    assert User.objects.get().status == "active"


def test_lock_is_as_long_as_asked_and_lifted_again(manage: CommandLine) -> None:
    user = make_user(username="kim")
    now = timezone.now()
    assert "kim is locked until" in manage("users", "lock", "--username", "kim", "--minutes", "60").out
    user.refresh_from_db()
    assert user.locked_until is not None
    assert timedelta(minutes=59) < user.locked_until - now < timedelta(minutes=61)
    # A shorter one takes nothing away.
    shown = json.loads(manage("users", "lock", "--username", "kim", "--minutes", "1", "--json").out)
    assert shown["locked_until"] == user.locked_until.isoformat()
    assert AuditEvent.objects.filter(action="user.locked").count() == 1
    assert manage("users", "unlock", "--username", "kim").out == "Unlocked kim.\n"
    assert manage("users", "lock", "--username", "kim", "--minutes", "forever").exit_code == 2


def test_reader_that_stops_early_is_no_failure() -> None:
    """In a process of its own, whose output nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    script = "import sys; sys.argv = ['manage.py', 'help']; import manage; manage.main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_DIR,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert done.returncode in {0, 141}


def test_what_people_chose_steers_no_terminal(manage: CommandLine) -> None:
    """Django takes such an address for one."""
    address = '"\x1b[2J\x07"@example.org'
    user = make_user(
        email=address, display_name="Kim \u202egro.elpmaxe\x1b]0;owned\x9b", job_title="A\u200db"
    )
    for arguments in (["list"], ["show", "--username", user.username], ["show", "--username", "\x1b[2J"]):
        done = manage("users", *arguments)
        assert not any(sign in done.out + done.err for sign in "\x1b\x07\x9b\u202e")
    assert "\\x1b[2J\\x07" in manage("users", "list").out
    assert "A\u200db" in manage("users", "show", "--username", user.username).out
    assert json.loads(manage("users", "show", "--username", user.username, "--json").out)["email"] == address
