"""`manage.py demo_data`: a believable organisation to try Gatehouse with."""

import json
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from apps.core.errors import DomainError
from apps.transfer.acme import PASSWORD
from apps.transfer.clock import ticking_from
from apps.transfer.secret_file import read_secrets, write_secrets
from apps.transfer.services.demo_organisation import Organisation, set_up_organisation

SECRET_FILE = "demo_clients.json"  # noqa: S105 - a file's name


class Command(BaseCommand):
    help = "Set up a made-up organisation with people, groups, roles, applications and two clients. Embedded mode only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--relying-party",
            default="http://localhost:8001",
            metavar="URL",
            help="where the sample application runs (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print accounts and client secrets as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
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
                name: {"client_id": client.client_id, "client_secret": client.secret}
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
