"""`manage.py users …`: people from the command line."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.errors import PersonRefused
from apps.directory.foreign_hashes import LONGEST_HASH
from apps.directory.models import User
from apps.directory.services.people import ForeignHash, NewPerson, create_person, unlock_person


class Command(BaseCommand):
    help = "Create, list and unlock people."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="create a person")
        create.add_argument("--username", required=True)
        create.add_argument("--email", default="")
        create.add_argument("--given-name", default="")
        create.add_argument("--family-name", default="")
        create.add_argument("--department", default="")
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
        create.add_argument("--email-verified", action="store_true")
        create.add_argument("--admin", action="store_true", help="may do everything in the administration")
        create.add_argument("--json", action="store_true", help="print JSON")
        listing = verbs.add_parser("list", help="list people")
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")
        unlock = verbs.add_parser("unlock", help="lift a person's lock after too many wrong passwords")
        unlock.add_argument("--username", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        {"create": self.create, "list": self.list, "unlock": self.unlock}[options["verb"]](options)

    def create(self, options: dict[str, Any]) -> None:
        password: str | ForeignHash | None = None
        if options["password_stdin"]:
            password = sys.stdin.readline().rstrip("\r\n")
        elif options["password_hash_stdin"]:
            password = ForeignHash(sys.stdin.read(LONGEST_HASH + 1))
        details = NewPerson(
            username=options["username"],
            email=options["email"],
            given_name=options["given_name"],
            family_name=options["family_name"],
            department=options["department"],
            is_email_verified=options["email_verified"],
            is_staff=options["admin"],
            is_superuser=options["admin"],
        )
        try:
            user = create_person(
                details=details, password=password, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
            )
        except PersonRefused as error:
            raise CommandError(f"{error.field or 'person'}: {error.detail}") from error
        if options["json"]:
            self.stdout.write(
                json.dumps({"id": str(user.pk), "username": user.username, "email": user.email})
            )
        else:
            self.stdout.write(f"Created {user.username}.")

    def list(self, options: dict[str, Any]) -> None:
        rows = User.objects.values("id", "username", "email", "status", "last_sign_in_at").iterator(
            chunk_size=2_000
        )
        for row in rows:
            if options["json"]:
                self.stdout.write(json.dumps(row, default=str))
            else:
                self.stdout.write(f"{row['username']:<30} {row['status']:<14} {row['email']}")

    def unlock(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        lifted = unlock_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        self.stdout.write(f"Unlocked {user.username}." if lifted else f"{user.username} was not locked.")
