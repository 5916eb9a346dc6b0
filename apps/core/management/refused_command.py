"""Commands of libraries that would write past our rules and the audit log."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError


class RefusedCommand(BaseCommand):
    """Takes the place of a library's command of the same name: apps.core comes first in INSTALLED_APPS."""

    requires_system_checks = ()
    # Why not, and what to run.
    instead: str

    def run_from_argv(self, argv: list[str]) -> None:
        # Whatever it was told, the answer is the same.
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(self.instead)
