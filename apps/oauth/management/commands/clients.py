"""`manage.py clients …`: OAuth clients from the command line."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.access.services.applications import Audience
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.core.plain_command import PlainCommand
from apps.oauth.errors import ClientRefused
from apps.oauth.models import Client
from apps.oauth.services.clients import SHORTEST_SECRET, NewClient, create_client, rotate_client_secret


class Command(PlainCommand):
    help = "Register, list and re-key OAuth clients. A secret is printed once and never again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        self.add_create(verbs.add_parser("create", help="register a client"))
        listing = verbs.add_parser("list", help="list clients")
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")
        rotate = verbs.add_parser(
            "rotate-secret", help="give a client a new secret; the old one stops at once"
        )
        rotate.add_argument("--client-id", required=True)
        rotate.add_argument("--json", action="store_true", help="print JSON")

    def add_create(self, create: argparse.ArgumentParser) -> None:
        create.add_argument("--name", required=True)
        create.add_argument("--kind", choices=Client.Kind.values, default=Client.Kind.WEB)
        create.add_argument("--redirect-uri", nargs="*", action="extend", default=[], metavar="URI")
        create.add_argument(
            "--post-logout-redirect-uri", nargs="*", action="extend", default=[], metavar="URI"
        )
        create.add_argument(
            "--scope",
            help="scopes it may ask for, in one argument; openid profile email by default, none for a service",
        )
        create.add_argument("--client-id", default="", help="made up unless given")
        create.add_argument(
            "--secret-stdin",
            action="store_true",
            help=f"read the secret, of {SHORTEST_SECRET} characters or more, from standard input",
        )
        create.add_argument("--algorithm", choices=Client.SigningAlgorithm.values, default="RS256")
        create.add_argument(
            "--audience",
            choices=Audience.values,
            help="who may sign in: everyone, or only people with a role in the application of this name; "
            "everyone by default, but nobody sees a service in the portal without a role",
        )
        create.add_argument("--first-party", action="store_true", help="never ask people for consent")
        create.add_argument("--pkce-optional", action="store_true", help="for servers that cannot do PKCE")
        create.add_argument(
            "--require-par", action="store_true", help="its authorization requests must be pushed first"
        )
        create.add_argument(
            "--resource-server", action="store_true", help="may introspect other clients' tokens"
        )
        create.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        verbs = {"create": self.create, "list": self.list, "rotate-secret": self.rotate}
        try:
            verbs[options["verb"]](options)
        except ClientRefused as error:
            raise CommandError(f"{error.field or 'client'}: {error.detail}") from error

    def create(self, options: dict[str, Any]) -> None:
        usual_audience = Audience.ASSIGNED if options["kind"] == Client.Kind.SERVICE else Audience.EVERYONE
        details = NewClient(
            name=options["name"],
            kind=options["kind"],
            client_id=options["client_id"],
            secret=_secret_from_stdin() if options["secret_stdin"] else "",
            redirect_uris=options["redirect_uri"],
            post_logout_redirect_uris=options["post_logout_redirect_uri"],
            scopes=options["scope"],
            algorithm=options["algorithm"],
            audience=options["audience"] or usual_audience,
            skip_authorization=options["first_party"],
            is_pkce_required=not options["pkce_optional"],
            is_par_required=options["require_par"],
            is_resource_server=options["resource_server"],
        )
        registered = create_client(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        self.show(registered.client, registered.secret, as_json=options["json"])

    def list(self, options: dict[str, Any]) -> None:
        rows = Client.objects.values("client_id", "name", "kind", "is_enabled", "scopes").iterator(
            chunk_size=2_000
        )
        for row in rows:
            line = f"{row['client_id']:<24} {row['kind']:<8} {row['name']}"
            self.stdout.write(json.dumps(row) if options["json"] else line)

    def rotate(self, options: dict[str, Any]) -> None:
        client = Client.objects.filter(client_id=options["client_id"]).first()
        if client is None:
            raise CommandError(f"There is no client {options['client_id']}.")
        secret = rotate_client_secret(client=client, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        self.show(client, secret, as_json=options["json"])

    def show(self, client: Client, secret: str, *, as_json: bool) -> None:
        facts = {"client_id": client.client_id, "client_secret": secret or None, "name": client.name}
        if as_json:
            self.stdout.write(json.dumps(facts))
            return
        self.stdout.write(f"client_id      {client.client_id}")
        if secret:
            self.stdout.write(f"client_secret  {secret}   (shown once)")


def _secret_from_stdin() -> str:
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise ClientRefused("Standard input was empty.", field="secret")
    return secret
