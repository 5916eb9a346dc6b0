"""`manage.py demo_data`: a believable organisation to try Gatehouse with."""

import json
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

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
        organisation = set_up_organisation(
            relying_party=relying_party, known_secrets=read_secrets(path), clock=ticking_from(timezone.now())
        )
        write_secrets(path, organisation.clients.secrets)
        self.stdout.write(_as_json(organisation) if options["json"] else _as_text(organisation))


def _as_json(organisation: Organisation) -> str:
    return json.dumps(
        {
            "people": [
                {"username": account.username, "password": PASSWORD, "role": account.role}
                for account in organisation.accounts
            ],
            "clients": {
                client_id: {"client_id": client_id, "client_secret": secret}
                for client_id, secret in organisation.clients.secrets.items()
            },
        }
    )


def _as_text(organisation: Organisation) -> str:
    lines = [f"{account.username:<10} {PASSWORD}   {account.role}" for account in organisation.accounts]
    clients = ", ".join(organisation.clients.secrets)
    return "\n".join([*lines, f"Clients {clients}: secrets are in {settings.DATA_DIR / SECRET_FILE}"])
