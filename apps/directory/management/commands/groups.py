"""`manage.py groups …`: groups, who belongs to them, and which lie in which."""

import argparse
import json
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.core.plain_command import PlainCommand
from apps.directory.errors import GroupRefused
from apps.directory.models import Group, User
from apps.directory.selectors.groups import group_by_name, groups_with_counts, people_in
from apps.directory.services.group_nesting import nest_group, unnest_group
from apps.directory.services.groups import add_member, create_group, remove_member

Options = dict[str, Any]


class Command(PlainCommand):
    help = (
        "Groups: create and list them, add and remove people and groups. "
        "Exit codes: 0 done or nothing to do, 1 refused with its reason, 2 wrong usage."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="create a group")
        create.add_argument("--name", required=True)
        create.add_argument("--description", default="")
        create.add_argument("--json", action="store_true", help="print JSON")
        for verb, words in (
            ("add", "put a person or a group into a group"),
            ("remove", "take one out of a group"),
        ):
            change = verbs.add_parser(verb, help=words)
            change.add_argument("--group", required=True, metavar="NAME")
            member = change.add_mutually_exclusive_group(required=True)
            member.add_argument("--username", help="a person")
            member.add_argument("--member-group", metavar="NAME", help="a group")
            change.add_argument("--json", action="store_true", help="print JSON")
        listing = verbs.add_parser("list", help="list groups, or everybody in one of them")
        listing.add_argument("--group", metavar="NAME", help="list who belongs to it or to a group within it")
        listing.add_argument("--after", default="", metavar="NAME", help="go on behind this name")
        listing.add_argument("--limit", type=int, help="how many; all by default")
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["verb"])(options)

    def create(self, options: Options) -> None:
        try:
            group = create_group(name=options["name"], description=options["description"], **_by_the_system())
        except GroupRefused as error:
            raise _refused(error) from error
        if options["json"]:
            self.stdout.write(json.dumps({"id": str(group.pk), "name": group.name}))
        else:
            self.stdout.write(f"Created {group.name}.")

    def add(self, options: Options) -> None:
        group = _group(options["group"])
        try:
            if options["username"] is not None:
                user = _person(options["username"])
                name, done = user.username, add_member(group=group, user=user, **_by_the_system())
            else:
                child = _group(options["member_group"])
                name, done = child.name, nest_group(parent=group, child=child, **_by_the_system())
        except GroupRefused as error:
            raise _refused(error) from error
        self._report(done, group, name, "Put", "into", "was in it already", options)

    def remove(self, options: Options) -> None:
        group = _group(options["group"])
        if options["username"] is not None:
            user = _person(options["username"])
            name, done = user.username, remove_member(group=group, user=user, **_by_the_system())
        else:
            child = _group(options["member_group"])
            name, done = child.name, unnest_group(parent=group, child=child, **_by_the_system())
        self._report(done, group, name, "Took", "out of", "was not in it", options)

    def list(self, options: Options) -> None:
        if options["group"] is not None:
            self._list_people(_group(options["group"]), options)
            return
        rows = groups_with_counts().order_by("name")
        if options["after"]:
            rows = rows.filter(name__gt=options["after"])
        for group in rows[: options["limit"]].iterator(chunk_size=2_000):
            shown = {
                "id": str(group.pk),
                "name": group.name,
                "members": group.members,
                "groups_within": group.groups_within,
            }
            if options["json"]:
                self.stdout.write(json.dumps(shown))
            else:
                self.stdout.write(f"{group.name:<40} {group.members:>8} {group.groups_within:>8}")

    def _list_people(self, group: Group, options: Options) -> None:
        rows = people_in(group_id=group.pk).order_by("username").values("id", "username", "email", "status")
        if options["after"]:
            rows = rows.filter(username__gt=options["after"])
        for row in rows[: options["limit"]].iterator(chunk_size=2_000):
            if options["json"]:
                self.stdout.write(json.dumps(row, default=str))
            else:
                self.stdout.write(f"{row['username']:<30} {row['status']:<14} {row['email']}")

    def _report(
        self,
        done: bool,
        group: Group,
        name: str,
        verb: str,
        way: str,
        otherwise: str,
        options: Options,
    ) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"group": group.name, "member": name, "changed": done}))
        elif done:
            self.stdout.write(f"{verb} {name} {way} {group.name}.")
        else:
            self.stdout.write(f"{name} {otherwise}.")


def _by_the_system() -> Options:
    return {"actor": SYSTEM, "origin": SYSTEM_ORIGIN, "now": timezone.now()}


def _group(name: str) -> Group:
    group = group_by_name(name)
    if group is None:
        raise CommandError(f"There is no group called {name}.")
    return group


def _person(username: str) -> User:
    user = User.objects.filter(username__iexact=username).first() if "\x00" not in username else None
    if user is None:
        raise CommandError(f"There is nobody called {username}.")
    return user


def _refused(error: GroupRefused) -> CommandError:
    return CommandError(f"{error.field or 'group'}: {error.detail}")
