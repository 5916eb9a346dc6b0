import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.errors import WitnessUnreadable
from apps.audit.findings import VerificationReport
from apps.audit.services.verification import DEFAULT_FINDING_LIMIT, record_verification, verify_log

TAMPERED = 1
WRONG_USAGE = 2
NOT_WITNESSED = (
    "NO WITNESS: nothing outside the database was compared, so a cut or re-sealed log would not be noticed."
)


class Command(BaseCommand):
    help = (
        "Checks every sealed event, seal and signed checkpoint of the audit log and names what was changed. "
        "Exit codes: 0 intact, 1 tampered with, 2 wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
        parser.add_argument(
            "--limit",
            type=_positive,
            default=DEFAULT_FINDING_LIMIT,
            help="how many findings to list; all are counted (default %(default)s)",
        )

        parser.add_argument(
            "--witness",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="also hold the log against this file, kept elsewhere: a witness file, or a process log with its "
            "audit_checkpoint lines; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_watched = self.stderr.isatty() and not options["json"]
        try:
            report = verify_log(
                now=timezone.now(),
                limit=options["limit"],
                progress=self._show_progress if is_watched else None,
                witnesses=options["witness"],
            )
        except WitnessUnreadable as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from error
        if is_watched:
            self.stderr.write("\r\033[K", ending="")
        record_verification(report=report, now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._print(report)
        if not report.is_intact:
            raise SystemExit(TAMPERED)

    def _show_progress(self, checked: int) -> None:
        self.stderr.write(f"\rchecked {checked:,} events", ending="")

    def _print(self, report: VerificationReport) -> None:
        sealed = _counted(report.sealed_count, "sealed event")
        if report.is_intact:
            verdict = report.verdict.capitalize()
            self.stdout.write(f"{verdict}: {sealed}, {_counted(report.checkpoint_count, 'checkpoint')}.")
            self.stdout.write(f"Newest root: {report.root_hash.hex() if report.root_hash else 'none yet'}")
        else:
            self.stdout.write(f"TAMPERED WITH: {report.findings[0].message}")
            self.stdout.write(f"{_counted(report.finding_count, 'finding')} among {sealed}:")
            for finding in report.findings:
                self.stdout.write(f"  {finding.message}")
            if report.finding_count > len(report.findings):
                self.stdout.write(f"  … and {report.finding_count - len(report.findings):,} more")
        if report.witnessed_count:
            self.stdout.write(
                f"Witnessed outside the database: the first {report.witnessed_count:,} of them."
            )
        elif not report.is_witness_there:
            self.stdout.write(NOT_WITNESSED)
        self.stdout.write(
            f"Personal values erased: {report.erased_count:,}. Waiting for their seal: {report.unsealed_count:,}. "
            f"Sealed late: {report.late_count:,}."
        )
        for warning in report.warnings:
            self.stdout.write(f"Warning: {warning}")
        for note in report.notes:
            self.stdout.write(f"Note: {note}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)
