"""`manage.py groups …`: groups from scripts."""

import json

import pytest

from apps.audit.models import AuditEvent
from apps.directory.models import Group, GroupNesting, Membership
from tests.factories.people import make_user
from tests.integration.commands.command_line import CommandLine

# A command closes its database connections when it ends.
pytestmark = pytest.mark.django_db(transaction=True)


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("occurred_at").values_list("action", flat=True))


def test_group_is_created_filled_and_emptied(manage: CommandLine) -> None:
    make_user(username="kim")
    created = json.loads(manage("groups", "create", "--name", "Engineering", "--json").out)
    assert created == {"id": str(Group.objects.get().pk), "name": "Engineering"}
    manage("groups", "create", "--name", "Everybody")
    assert manage("groups", "add", "--group", "engineering", "--username", "KIM").out == (
        "Put kim into Engineering.\n"
    )
    assert (
        manage("groups", "add", "--group", "Engineering", "--username", "kim").out
        == "kim was in it already.\n"
    )
    manage("groups", "add", "--group", "Everybody", "--member-group", "Engineering")
    assert json.loads(manage("groups", "list", "--group", "Everybody", "--json").out)["username"] == "kim"
    rows = [json.loads(line) for line in manage("groups", "list", "--json").out.splitlines()]
    assert [(row["name"], row["members"], row["groups_within"]) for row in rows] == [
        ("Engineering", 1, 0),
        ("Everybody", 0, 1),
    ]
    removed = manage("groups", "remove", "--group", "Everybody", "--member-group", "Engineering", "--json")
    assert json.loads(removed.out) == {"group": "Everybody", "member": "Engineering", "changed": True}
    manage("groups", "remove", "--group", "Engineering", "--username", "kim")
    assert not Membership.objects.exists()
    assert not GroupNesting.objects.exists()
    assert actions() == [
        "group.created",
        "group.created",
        "group.member_added",
        "group.group_added",
        "group.group_removed",
        "group.member_removed",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["create", "--name", "club"], "There is already a group of this name."),
        (["create", "--name", ""], "name: "),
        (["add", "--group", "Club", "--member-group", "Club"], "child: A group cannot be in itself."),
        (["add", "--group", "Club", "--username", "nobody"], "There is nobody called nobody."),
        (["add", "--group", "None", "--username", "kim"], "There is no group called None."),
        (["list", "--group", "None"], "There is no group called None."),
    ],
)
def test_refusal_is_one_line_and_exit_code_1(manage: CommandLine, arguments: list[str], reason: str) -> None:
    make_user(username="kim")
    Group.objects.create(name="Club")
    done = manage("groups", *arguments, "--json")
    assert (done.exit_code, done.out) == (1, "")
    assert reason in done.reason


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["add", "--group", "Club"],
        ["add", "--group", "Club", "--username", "a", "--member-group", "b"],
        ["burn"],
    ],
)
def test_wrong_usage_is_exit_code_2(manage: CommandLine, arguments: list[str]) -> None:
    assert manage("groups", *arguments).exit_code == 2
