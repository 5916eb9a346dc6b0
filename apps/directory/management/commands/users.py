"""`manage.py users …`: people from the command line."""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from apps.audit.ports import SYSTEM
from apps.audit.services.changes import Writing
from apps.core.origin import SYSTEM_ORIGIN
from apps.core.plain_command import PlainCommand
from apps.directory.errors import PersonRefused, StandingRefused
from apps.directory.foreign_hashes import LONGEST_HASH
from apps.directory.models import Unit, User
from apps.directory.selectors.attributes import attributes_in_use, attributes_of, with_value_typed
from apps.directory.selectors.groups import group_by_name, groups_of, groups_through, user_ids_in
from apps.directory.selectors.units import places_in_words, units_below
from apps.directory.services.first_administrator import make_administrator_link
from apps.directory.services.invitations import invite_person, lifetime, print_invitation
from apps.directory.services.people import (
    ForeignHash,
    NewPerson,
    change_person,
    create_person,
    lock_person,
    unlock_person,
)
from apps.directory.services.standing import change_standing
from apps.mail.selectors import is_mail_sent

NO_MAIL = "No mail is sent: EMAIL_URL names no mail server."
Options = dict[str, Any]
Status = User.Status
# What `create` and `change` take as an argument each, beside those that they read otherwise.
TEXTS = ("email", "given_name", "family_name", "department", "job_title")
MORE_TEXTS = ("display_name", "employee_number", "time_zone", "locale")
LISTED = ("id", "username", "email", "status", "last_sign_in_at")
STANDINGS = {
    "suspend": (Status.SUSPENDED, "Suspended", "end what somebody has open, until they are reactivated"),
    "reactivate": (Status.ACTIVE, "Reactivated", "let somebody who is suspended sign in again"),
    "deprovision": (Status.DEPROVISIONED, "Deprovisioned", "say goodbye to somebody, for good"),
}


@dataclass(frozen=True)
class Itself:
    """Who acts where nobody is signed in: no person of ours."""

    pk: None = None


class Command(PlainCommand):
    help = (
        "People: create, invite, list, show and change them, lock and unlock, suspend, reactivate, deprovision; "
        "make the first administrator. "
        "Exit codes: 0 done or nothing to do, 1 refused with its reason, 2 wrong usage."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        self._add_create(verbs.add_parser("create", help="create a person"))
        self._add_links(verbs)
        self._add_list(verbs.add_parser("list", help="list people, by their user names"))
        self._add_change(verbs.add_parser("change", help="change a person's record"))
        self._of_one(verbs, "show", "show a person's record, groups and attributes")
        lock = self._of_one(
            verbs, "lock", "refuse a person's password for a while, as too many wrong ones do"
        )
        lock.add_argument("--minutes", type=_minutes, default=30, help="how long (default %(default)s)")
        self._of_one(verbs, "unlock", "lift a person's lock")
        for verb, (_status, _done, words) in STANDINGS.items():
            self._of_one(verbs, verb, words)

    def _of_one(self, verbs: Any, name: str, words: str) -> argparse.ArgumentParser:
        verb: argparse.ArgumentParser = verbs.add_parser(name, help=words)
        _add_username(verb)
        verb.add_argument("--json", action="store_true", help="print JSON")
        return verb

    def _add_create(self, create: argparse.ArgumentParser) -> None:
        _add_username(create)
        for name in TEXTS:
            create.add_argument(f"--{name.replace('_', '-')}", default="")
        create.add_argument("--unit", metavar="CODE", help="code of the organisation unit")
        _add_attributes(create)
        passwords = create.add_mutually_exclusive_group()
        passwords.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        passwords.add_argument(
            "--password-hash-stdin",
            action="store_true",
            help="read from standard input what another system kept of the password: a bcrypt hash, an LDAP {SSHA} "
            "value or the JSON of one password credential from a Keycloak export",
        )
        passwords.add_argument(
            "--invite", action="store_true", help="send a mail with a link that sets the first password"
        )
        create.add_argument("--email-verified", action="store_true")
        create.add_argument("--admin", action="store_true", help="may do everything in the administration")
        create.add_argument("--json", action="store_true", help="print JSON")

    def _add_links(self, verbs: Any) -> None:
        invite = verbs.add_parser("invite", help="send somebody without a password a link that sets one")
        _add_username(invite)
        invite.add_argument(
            "--print-link",
            action="store_true",
            help="print the link instead of mailing it; whoever has it can set the password",
        )
        invite.add_argument("--json", action="store_true", help="print JSON")
        first = verbs.add_parser(
            "first-admin", help="print a one-time link by which an administrator sets their password"
        )
        _add_username(first)
        first.add_argument("--email", default="", help="of a new person; somebody who is there keeps theirs")
        first.add_argument(
            "--recover",
            action="store_true",
            help="also while an administrator can sign in: one more, or another password for this one",
        )
        first.add_argument("--json", action="store_true", help="print JSON")

    def _add_list(self, listing: argparse.ArgumentParser) -> None:
        listing.add_argument("--status", choices=Status.values)
        listing.add_argument("--group", metavar="NAME", help="who belongs to it, or to a group within it")
        listing.add_argument("--unit", metavar="CODE", help="who is in it, or in a unit below it")
        _add_attributes(listing)
        listing.add_argument("--after", default="", metavar="USERNAME", help="go on behind this user name")
        listing.add_argument("--limit", type=_positive, help="how many; all by default")
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")

    def _add_change(self, change: argparse.ArgumentParser) -> None:
        _add_username(change)
        change.add_argument("--new-username")
        for name in (*TEXTS, *MORE_TEXTS):
            change.add_argument(f"--{name.replace('_', '-')}")
        change.add_argument("--employee-type", choices=User.EmployeeType.values)
        change.add_argument("--unit", metavar="CODE", help="code of the organisation unit; empty for none")
        change.add_argument("--manager", metavar="USERNAME", help="empty for none")
        for name in ("starts-on", "ends-on"):
            change.add_argument(f"--{name}", type=_day, metavar="DATE", help="as 2026-12-31; empty for none")
        change.add_argument("--email-verified", action=argparse.BooleanOptionalAction, default=None)
        _add_attributes(change, "empty to take a value away")
        change.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb in STANDINGS:
            self.change_standing(verb, options)
        else:
            getattr(self, verb.replace("-", "_"))(options)

    # Each verb -------------------------------------------------------------------------------------------------------

    def create(self, options: Options) -> None:
        password: str | ForeignHash | None = None
        if options["password_stdin"]:
            password = sys.stdin.readline().rstrip("\r\n")
        elif options["password_hash_stdin"]:
            password = ForeignHash(sys.stdin.read(LONGEST_HASH + 1))
        details = NewPerson(
            username=options["username"],
            **{name: options[name] for name in TEXTS},
            unit=_unit(options["unit"]) if options["unit"] else None,
            is_email_verified=options["email_verified"],
            is_staff=options["admin"],
            is_superuser=options["admin"],
            attributes=_attributes(options),
        )
        if options["invite"] and not (details.email and is_mail_sent()):
            raise CommandError("email: an invitation needs an address" if is_mail_sent() else NO_MAIL)
        try:
            with transaction.atomic():
                user = create_person(
                    details=details, password=password, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
                )
                if options["invite"]:
                    invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        except PersonRefused as error:
            raise _refused(error) from error
        invited = " An invitation is on its way." if options["invite"] else ""
        self._report(user, f"Created {user.username}.{invited}", options)

    def invite(self, options: Options) -> None:
        user = _person(options["username"])
        now = timezone.now()
        if options["print_link"]:
            path = print_invitation(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)
            if not path:
                raise CommandError(f"{user.username} has a password already, or may not sign in.")
            self._print_link(user, f"{settings.BASE_URL}{path}", now + lifetime(), options)
            return
        if not is_mail_sent():
            raise CommandError(f"{NO_MAIL} With --print-link you can hand the link over yourself.")
        if not invite_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now):
            raise CommandError(
                f"{user.username} has a password already, no e-mail address, or may not sign in."
            )
        if options["json"]:
            self.stdout.write(
                json.dumps({"id": str(user.pk), "username": user.username, "email": user.email})
            )
        else:
            self.stdout.write(f"An invitation is on its way to {user.email}.")

    def first_admin(self, options: Options) -> None:
        try:
            made = make_administrator_link(
                username=options["username"],
                email=options["email"],
                is_recovery=options["recover"],
                now=timezone.now(),
            )
        except PersonRefused as error:
            if error.field == "recover":
                raise CommandError(
                    "An administrator can sign in already. If none of them can be reached, run this again with "
                    "--recover; it is recorded."
                ) from error
            raise CommandError(f"{error.field or 'person'}: {error.detail}") from error
        if not made.is_new and options["email"] and options["email"].casefold() != made.user.email.casefold():
            self.stderr.write(
                f"{made.user.username} is there already: --email was not used. users change --email changes it."
            )
        self._print_link(made.user, f"{settings.BASE_URL}{made.path}", made.expires_at, options)

    def _print_link(self, user: User, link: str, expires_at: datetime, options: Options) -> None:
        if options["json"]:
            facts = {"id": str(user.pk), "username": user.username, "link": link}
            self.stdout.write(json.dumps(facts | {"expires_at": expires_at.isoformat()}))
            return
        self.stdout.write(
            f"With this link {user.username} sets a password, once, until {expires_at:%Y-%m-%d %H:%M %Z}:"
        )
        self.stdout.write(link)

    def list(self, options: Options) -> None:
        people = User.objects.order_by("username")
        if options["status"]:
            people = people.filter(status=options["status"])
        if options["group"]:
            group = group_by_name(options["group"])
            if group is None:
                raise CommandError(f"group: There is no group called {options['group']}.")
            people = people.filter(pk__in=user_ids_in(group_ids=[group.pk]))
        if options["unit"]:
            people = people.filter(unit__in=units_below(_unit(options["unit"])).order_by().values("pk"))
        for slug, typed in _attributes(options).items():
            attribute = next((one for one in attributes_in_use() if one.slug == slug), None)
            if attribute is None:
                raise CommandError(f"attributes.{slug}: There is no such attribute.")
            for value in typed:
                people = with_value_typed(people, attribute, value)
        if options["after"]:
            people = people.filter(username__gt=options["after"])
        rows = people.values(*LISTED)[: options["limit"]]
        for row in rows.iterator(chunk_size=2_000):
            if options["json"]:
                self.stdout.write(json.dumps(row, default=_in_json))
            else:
                self.stdout.write(f"{row['username']:<30} {row['status']:<14} {row['email']}")

    def show(self, options: Options) -> None:
        user = _person(options["username"])
        record = _record(user)
        if options["json"]:
            self.stdout.write(json.dumps(record))
            return
        for name, value in record.items():
            if value not in ("", None, [], {}):
                self.stdout.write(f"{name:<18} {_in_a_line(value)}")

    def change(self, options: Options) -> None:
        user = _person(options["username"])
        changes: Options = {
            name: options[name]
            for name in (*TEXTS, *MORE_TEXTS, "employee_type")
            if options[name] is not None
        }
        if options["new_username"] is not None:
            changes["username"] = options["new_username"]
        if options["email_verified"] is not None:
            changes["is_email_verified"] = options["email_verified"]
        for name in ("starts_on", "ends_on"):
            if options[name] is not None:
                changes[name] = options[name] or None
        if options["unit"] is not None:
            changes["unit"] = _unit(options["unit"]) if options["unit"] else None
        if options["manager"] is not None:
            changes["manager"] = _person(options["manager"]) if options["manager"] else None
        try:
            changed = change_person(
                user=user,
                changes=changes,
                attributes=_attributes(options),
                actor=SYSTEM,
                origin=SYSTEM_ORIGIN,
                now=timezone.now(),
            )
        except PersonRefused as error:
            raise _refused(error) from error
        what = f"Changed {user.username}." if changed else f"There was nothing to change of {user.username}."
        self._report(user, what, options)

    def lock(self, options: Options) -> None:
        user, now = _person(options["username"]), timezone.now()
        until = now + timedelta(minutes=options["minutes"])
        lock_person(user=user, until=until, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)
        user.refresh_from_db()
        self._report(
            user, f"{user.username} is locked until {user.locked_until:%Y-%m-%d %H:%M} UTC.", options
        )

    def unlock(self, options: Options) -> None:
        user = _person(options["username"])
        lifted = unlock_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        user.refresh_from_db()
        what = f"Unlocked {user.username}." if lifted else f"{user.username} was not locked."
        self._report(user, what, options)

    def change_standing(self, verb: str, options: Options) -> None:
        status, done, _words = STANDINGS[verb]
        found = _person(options["username"])
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=found.pk)
            if user.status == status:
                self._report(user, f"{user.username} was {status.label.lower()} already.", options)
                return
            try:
                change_standing(
                    person=user,
                    status=status,
                    by=Itself(),
                    writing=Writing(actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()),
                )
            except StandingRefused as error:
                raise CommandError(error.detail) from error
        user.refresh_from_db()
        self._report(user, f"{done} {user.username}.", options)

    def _report(self, user: User, what: str, options: Options) -> None:
        if not options["json"]:
            self.stdout.write(what)
            return
        shown: Options = {"id": str(user.pk), "username": user.username, "email": user.email}
        if options["verb"] != "create":
            until = user.locked_until
            shown |= {"status": user.status, "locked_until": until.isoformat() if until else None}
        self.stdout.write(json.dumps(shown))


def _record(user: User) -> Options:
    unit = user.unit
    through = {
        outer.name: [inner.name for inner in inners] for outer, inners in groups_through(user_id=user.pk)
    }
    mine = list(groups_of(user_id=user.pk).order_by("name").values_list("name", flat=True))
    return {
        "id": str(user.pk),
        "username": user.username,
        **{name: getattr(user, name) for name in (*TEXTS, *MORE_TEXTS)},
        "is_email_verified": user.is_email_verified,
        "unit": places_in_words([unit])[unit.pk] if unit else None,
        "manager": user.manager.username if user.manager else None,
        "employee_type": user.employee_type,
        "status": user.status,
        **{
            name: value.isoformat() if (value := getattr(user, name)) else None
            for name in ("starts_on", "ends_on", "locked_until", "last_sign_in_at", "password_expires_at")
        },
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": [name for name in mine if name not in through],
        "groups_through": through,
        "attributes": attributes_of(user_id=user.pk),
    }


def _in_a_line(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_in_a_line(one)}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _person(username: str) -> User:
    user = None
    if "\x00" not in username:
        user = User.objects.select_related("unit", "manager").filter(username__iexact=username).first()
    if user is None:
        raise CommandError(f"There is nobody called {username}.")
    return user


def _unit(code: str) -> Unit:
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise CommandError(f"unit: There is no organisation unit with the code {code}.")
    return unit


def _refused(error: PersonRefused) -> CommandError:
    return CommandError(f"{error.field or 'person'}: {error.detail}")


def _attributes(options: Options) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in options["attribute"]:
        found.setdefault(name, []).append(value)
    return found


def _add_username(parser: argparse.ArgumentParser) -> None:
    """As a word of its own or by name: every verb takes both."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("username", nargs="?", default=argparse.SUPPRESS, metavar="USERNAME")
    who.add_argument("--username", metavar="USERNAME")


def _in_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _add_attributes(parser: argparse.ArgumentParser, more: str = "") -> None:
    words = "NAME=VALUE of an attribute; may be given several times"
    parser.add_argument(
        "--attribute",
        type=_pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{words}, {more}" if more else words,
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def _minutes(text: str) -> int:
    minutes = _positive(text)
    if minutes > 60 * 24 * 366:
        raise argparse.ArgumentTypeError("a lock lasts a year at most; suspend the person instead")
    return minutes


def _day(text: str) -> date | str:
    """Empty for none."""
    if not text:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date as 2026-12-31") from None
