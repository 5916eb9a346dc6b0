"""`manage.py rotate_keys`: other keys sign, when it is time or at once."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.jobs.services.finishing import finish_job
from apps.keys.errors import UnknownSigningKey
from apps.keys.models import SigningKey
from apps.keys.selectors import keys_in_use
from apps.keys.services.reencryption import request_reencryption
from apps.keys.services.rotation import Step, retire_compromised, rotate_due, rotate_now


class Command(BaseCommand):
    help = (
        "Does what the rotation of signing keys asks for at this moment, as the scheduled task does; "
        "with --now another key signs at once, and the old one verifies until its last token has expired."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--now", action="store_true", help="rotate at once, whatever the age of the keys")
        how.add_argument(
            "--compromised",
            metavar="KID",
            help="retire this key at once: tokens that it signed are refused from here on, and what the audit log's "
            "key signs; verify_audit_log says which checkpoints were signed with it before. Write "
            "--compromised=KID: a key ID may begin with a hyphen",
        )
        how.add_argument(
            "--reencrypt",
            action="store_true",
            help="encrypt everything at rest with the first of FIELD_ENCRYPTION_KEYS, so that the others may go",
        )
        parser.add_argument("--wait", action="store_true", help="with --reencrypt: until it is done")
        parser.add_argument("--purpose", choices=SigningKey.Purpose.values, help="with --now: only these")
        parser.add_argument("--algorithm", choices=SigningKey.Algorithm.values, help="with --now: only these")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["purpose"] or options["algorithm"]) and not options["now"]:
            raise CommandError("--purpose and --algorithm go with --now.")
        if options["wait"] and not options["reencrypt"]:
            raise CommandError("--wait goes with --reencrypt.")
        if options["reencrypt"]:
            self.reencrypt(options)
            return
        self.show(self.rotate(options), as_json=options["json"])

    def rotate(self, options: dict[str, Any]) -> list[Step]:
        now = timezone.now()
        if options["compromised"]:
            try:
                return retire_compromised(
                    kid=options["compromised"], actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now
                )
            except UnknownSigningKey as error:
                raise CommandError(f"There is no signing key {error.detail}.") from error
        if not options["now"]:
            return rotate_due(now=now)
        keys = [
            key
            for key in keys_in_use()
            if options["purpose"] in {None, key.purpose} and options["algorithm"] in {None, key.algorithm}
        ]
        return rotate_now(keys=keys, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)

    def reencrypt(self, options: dict[str, Any]) -> None:
        job_id = request_reencryption(actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
        if not options["wait"]:
            said = {"job": str(job_id)}
            words = f"Job {job_id}: the administration shows how far it is, under Jobs."
            self.stdout.write(json.dumps(said) if options["json"] else words)
            return
        ending = finish_job(job_id)
        if ending.problem:
            raise CommandError(ending.problem)
        words = (
            "{encrypted} values were encrypted with key {key_id}; {unreadable} could not be read, "
            "{left} are left under other keys."
        )
        self.stdout.write(json.dumps(ending.outcome) if options["json"] else words.format(**ending.outcome))
        if ending.outcome["left"]:
            raise CommandError("Keep the old keys: there are values left under them.")

    def show(self, steps: list[Step], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([asdict(step) for step in steps]))
            return
        for step in steps:
            state = SigningKey.State(step.state).label
            self.stdout.write(f"{step.purpose:<7} {step.algorithm:<8} {step.kid}  {state}")
        if not steps:
            self.stdout.write("Nothing was due.")
