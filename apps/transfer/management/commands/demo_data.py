"""`manage.py demo_data`: a believable organisation to try Gatehouse with, or with --users one of any size."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.core.errors import DomainError
from apps.transfer.acme import PASSWORD
from apps.transfer.clock import ticking_from
from apps.transfer.secret_file import read_secrets, write_secrets
from apps.transfer.services.demo_organisation import Organisation, set_up_organisation
from apps.transfer.services.large_organisation import LargeOrganisation, make_large_organisation, plan_of

BAR = 40
SECRET_FILE = "demo_clients.json"  # noqa: S105 - a file's name


class Command(BaseCommand):
    help = (
        "Set up a made-up organisation with people, groups, roles, applications and two clients; with --users, one "
        "of any size with a history of sign-ins, changes and a few attacks. Embedded mode only, unless told otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--relying-party",
            default="http://localhost:8001",
            metavar="URL",
            help="where the sample application runs (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print accounts and client secrets as JSON")
        large = parser.add_argument_group("an organisation of any size")
        large.add_argument(
            "--users", type=counted, metavar="N", help="how many people; nobody knows their password"
        )
        large.add_argument("--days", type=counted, default=365, metavar="D", help="of history (%(default)s)")
        large.add_argument(
            "--seed", type=int, default=1, metavar="S", help="another seed, another company (%(default)s)"
        )
        large.add_argument(
            "--events", type=counted, metavar="M", help="about so many; by default as people work"
        )
        large.add_argument(
            "--until", type=moment, metavar="TIME", help="the last moment of the history, ISO 8601 (now)"
        )
        large.add_argument(
            "--processes",
            type=counted,
            default=1,
            metavar="P",
            help="work at it side by side, on PostgreSQL (1)",
        )
        large.add_argument("--outside-embedded-mode", action="store_true", help="allow it in production mode")
        large.add_argument(
            "--i-know-there-are-real-people",
            action="store_true",
            help="allow it beside people that demo_data did not make; there is no way back",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["users"] is not None:
            self._make_large(options)
            return
        if not settings.EMBEDDED:
            raise CommandError("Demonstration data has known passwords, so it is made in embedded mode only.")
        relying_party = options["relying_party"]
        if urlsplit(relying_party).scheme not in {"http", "https"} or not urlsplit(relying_party).hostname:
            raise CommandError(
                f"--relying-party is {relying_party!r}; expected an address such as http://localhost:8001"
            )
        path = settings.DATA_DIR / SECRET_FILE
        try:
            organisation = set_up_organisation(
                relying_party=relying_party,
                known_secrets=read_secrets(path),
                clock=ticking_from(timezone.now()),
            )
        except (DomainError, ValidationError, DatabaseError) as error:
            raise CommandError(f"The demonstration data could not be made: {_words(error)}") from error
        try:
            write_secrets(path, {name: client.secret for name, client in organisation.clients.items()})
        except OSError as error:
            raise CommandError(
                f"The clients' secrets could not be written to {path}: {error.strerror}"
            ) from error
        self.stdout.write(_as_json(organisation) if options["json"] else _as_text(organisation))

    def _make_large(self, options: dict[str, Any]) -> None:
        if not (settings.EMBEDDED or options["outside_embedded_mode"]):
            raise CommandError(
                "Made-up data is made in embedded mode only, unless --outside-embedded-mode is given."
            )
        plan = plan_of(
            people=options["users"],
            days=options["days"],
            seed=options["seed"],
            events=options["events"],
            until=options["until"] or timezone.now(),
        )
        is_watched = self.stderr.isatty() and not options["json"]
        try:
            made = make_large_organisation(
                plan=plan,
                processes=options["processes"] if connection.vendor == "postgresql" else 1,
                is_among_real_people=options["i_know_there_are_real_people"],
                progress=self._show_progress if is_watched else lambda what, done, total: None,
            )
        except (DomainError, ValidationError, DatabaseError) as error:
            raise CommandError(f"The organisation could not be made: {_words(error)}") from error
        if is_watched:
            self.stderr.write("\r\033[K", ending="")
        self.stdout.write(_large_as_json(made) if options["json"] else _large_as_text(made))

    def _show_progress(self, what: str, done: int, total: int) -> None:
        filled = BAR * done // total
        bar = "█" * filled + "·" * (BAR - filled)
        self.stderr.write(f"\r{what:<7} {bar} {100 * done // total:3} %", ending="")


def counted(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no ISO 8601 time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _large_as_json(made: LargeOrganisation) -> str:
    return json.dumps(
        {
            "people": made.people,
            "events": made.events,
            "attacks": [
                {
                    "kind": one.kind,
                    "from": one.began_at.isoformat(),
                    "to": one.ended_at.isoformat(),
                    "events": len(one.events),
                    "addresses": one.addresses,
                    "people": one.people,
                    "taken": one.taken,
                }
                for one in made.attacks
            ],
        }
    )


def _large_as_text(made: LargeOrganisation) -> str:
    lines = [
        f"{made.people:,} people, {made.events:,} events. The events wait for their seals: the worker's hourly"
    ]
    lines.append("sweep makes them, and what reads the log follows. Attacks to be found in it:")
    for one in made.attacks:
        aim = f"{len(one.people)} people" if len(one.people) != 1 else one.people[0]
        taken = f", reached {', '.join(one.taken)}" if one.taken else ""
        lines.append(
            f"  {one.began_at:%Y-%m-%d %H:%M} UTC  {one.kind}: {len(one.events)} events, at {aim}{taken}"
        )
    return "\n".join(lines)


def _words(error: Exception) -> str:
    said = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return " ".join(said.split())


def _as_json(organisation: Organisation) -> str:
    return json.dumps(
        {
            "people": [
                {"username": account.username, "password": PASSWORD, "role": account.role}
                for account in organisation.accounts
            ],
            "withheld": [vars(withheld) for withheld in organisation.withheld],
            "clients": {
                name: {
                    "client_id": client.client_id,
                    "client_secret": client.secret,
                    "application": client.application,
                    "is_enabled": client.is_enabled,
                }
                for name, client in organisation.clients.items()
            },
        }
    )


def _as_text(organisation: Organisation) -> str:
    lines = [f"{account.username:<10} {PASSWORD}   {account.role}" for account in organisation.accounts]
    lines += [
        f"{withheld.username:<10} cannot sign in: {withheld.reason}" for withheld in organisation.withheld
    ]
    clients = ", ".join(client.client_id for client in organisation.clients.values())
    if clients:
        lines.append(f"Clients {clients}: secrets are in {settings.DATA_DIR / SECRET_FILE}")
    return "\n".join(lines)
