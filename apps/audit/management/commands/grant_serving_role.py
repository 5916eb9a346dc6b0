from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.errors import ServingRoleRefused
from apps.audit.services.serving_role import grant_serving_role


class Command(BaseCommand):
    help = (
        "Gives a role of PostgreSQL what it needs to serve, and not what it takes to change the log. To be run as the "
        "owner of the tables after every `migrate`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="the role that DATABASE_URL of web servers and workers names")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = grant_serving_role(role=options["role"])
        except ServingRoleRefused as error:
            raise CommandError(f"Nothing was granted: {error}.") from error
        self.stdout.write(f"{options['role']} may serve from {count} tables, and only add to the log.")
