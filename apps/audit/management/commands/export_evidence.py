"""`manage.py export_evidence`: a part of the log for somebody who takes nobody's word for it."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.canonical import canonical_time
from apps.audit.command_arguments import action, checkpoint_number, moment
from apps.audit.errors import LogDoesNotVerify, NothingToProve
from apps.audit.services.evidence import Evidence, EvidenceRequest, export_evidence

DOES_NOT_VERIFY = 1
WRONG_USAGE = 2


class Command(BaseCommand):
    help = (
        "Writes the sealed events of a time to a zip, with proofs, a signed manifest, and the program that checks "
        "them offline. Exit codes: 0 written, 1 the log does not verify there, 2 wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from",
            dest="start",
            type=moment,
            required=True,
            metavar="TIME",
            help="first moment: a date, which begins at midnight UTC, or an ISO 8601 time with its offset",
        )
        parser.add_argument(
            "--to", dest="end", type=moment, required=True, metavar="TIME", help="first moment after"
        )
        parser.add_argument(
            "--action",
            dest="actions",
            type=action,
            action="append",
            default=[],
            help="only events of this action; may be given several times. What is left out is then not proven",
        )
        parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="must not exist yet")
        parser.add_argument(
            "--without-personal",
            action="store_true",
            help="leave out names, addresses and values before and after; their commitments stay",
        )
        parser.add_argument(
            "--checkpoint", type=checkpoint_number, metavar="N", help="the newest one by default"
        )
        parser.add_argument(
            "--since",
            type=checkpoint_number,
            metavar="N",
            help="add the proof that the log goes on, unchanged, from this earlier checkpoint",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["start"] >= options["end"]:
            raise CommandError("--from must be earlier than --to", returncode=WRONG_USAGE)
        request = EvidenceRequest(
            start=options["start"],
            end=options["end"],
            actions=sorted(set(options["actions"])),
            has_personal=not options["without_personal"],
            checkpoint_number=options["checkpoint"],
            since_number=options["since"],
        )
        output: Path = options["output"]
        try:
            evidence = export_evidence(request=request, output=output, now=timezone.now())
        except LogDoesNotVerify as error:
            raise CommandError(f"{error.message} ({error})", returncode=DOES_NOT_VERIFY) from error
        except NothingToProve as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from error
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror or error}", returncode=WRONG_USAGE) from error
        self._print(evidence, output, as_json=options["json"])

    def _print(self, evidence: Evidence, output: Path, *, as_json: bool) -> None:
        facts = {
            "file": str(output),
            **evidence.counts.as_json(),
            "checkpoint": evidence.checkpoint_number,
            "tree_size": evidence.tree_size,
            "manifest_sha256": evidence.manifest_digest,
            "thumbprints": list(evidence.signing_key_ids),
            "compromised": {key_id: canonical_time(at) for key_id, at in evidence.given_up.items()},
        }
        if as_json:
            self.stdout.write(json.dumps(facts))
            return
        counts = evidence.counts
        seals = f", seals {counts.first_seal} to {counts.last_seal}," if counts.count else ""
        self.stdout.write(
            f"{output}: {counts.count:,} events{seals} under checkpoint {evidence.checkpoint_number}."
        )
        if counts.beside:
            self.stdout.write(
                f"{counts.beside:,} of them happened outside of that time and were sealed in between; "
                "their personal values are left out."
            )
        self._print_keys(evidence)

    def _print_keys(self, evidence: Evidence) -> None:
        for key_id, at in evidence.given_up.items():
            self.stdout.write(
                f"Tell the auditor also that key {key_id} was reported as compromised at {canonical_time(at)}."
            )
        thumbprints = evidence.signing_key_ids
        if len(thumbprints) == 1:
            self.stdout.write(f"Tell the auditor the thumbprint of the key: {thumbprints[0]}")
            return
        self.stdout.write("Tell the auditor the thumbprints of all keys that signed it:")
        for thumbprint in thumbprints:
            self.stdout.write(f"  {thumbprint}")
