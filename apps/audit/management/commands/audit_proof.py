"""`manage.py audit_proof`: what somebody needs who does not trust this installation's word."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.canonical import canonical_event
from apps.audit.checkpoint_rows import signature_of
from apps.audit.command_arguments import checkpoint_number
from apps.audit.errors import LogDoesNotVerify, NothingToProve
from apps.audit.log_proofs import event_proof, growth_proof, signed_checkpoint
from apps.audit.models import SealBatch
from apps.audit.ports import Signer, signer
from apps.audit.signed_note import checkpoint_note, public_jwk, verifier_key

DOES_NOT_VERIFY = 1
WRONG_USAGE = 2


class Command(BaseCommand):
    help = (
        "Prints a signed checkpoint of the audit log, with the proof that an event is under it, or that it goes on "
        "from an earlier one. Exit codes: 0 proven, 1 the log does not verify there, 2 wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--event", type=UUID, metavar="ID", help="prove that this event is in the log")
        parser.add_argument(
            "--checkpoint", type=checkpoint_number, metavar="N", help="the newest one by default"
        )
        parser.add_argument(
            "--since",
            type=checkpoint_number,
            metavar="N",
            help="prove that the log goes on, unchanged, from this earlier checkpoint",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        key = signer.get()
        try:
            proof = self._proof(options, signer=key)
        except LogDoesNotVerify as error:
            raise CommandError(f"{error.message} ({error})", returncode=DOES_NOT_VERIFY) from error
        except NothingToProve as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from error
        if options["json"]:
            self.stdout.write(json.dumps(proof, indent=2, ensure_ascii=False))
        else:
            self._print(proof)

    def _proof(self, options: dict[str, Any], *, signer: Signer) -> dict[str, Any]:
        batch = signed_checkpoint(options["checkpoint"], signer=signer)
        proof = _checkpoint(batch, signer=signer)
        if options["event"]:
            found = event_proof(event_id=options["event"], checkpoint_number=batch.number, signer=signer)
            proof["event"] = canonical_event(found.content).decode()
            proof["seal_number"] = found.seal_number
            proof["leaf_index"] = found.seal_number - 1
            proof["leaf_hash"] = found.leaf.hex()
            proof["inclusion_path"] = [node.hex() for node in found.siblings]
        if options["since"]:
            earlier = signed_checkpoint(options["since"], signer=signer)
            nodes = growth_proof(earlier=earlier, later=batch)
            proof["since"] = _checkpoint(earlier, signer=signer)
            proof["consistency_path"] = [node.hex() for node in nodes]
        return proof

    def _print(self, proof: dict[str, Any]) -> None:
        if "event" in proof:
            self.stdout.write(f"Event, seal {proof['seal_number']}:\n{proof['event']}\n")
            self.stdout.write(f"Leaf hash: {proof['leaf_hash']}")
            self._print_path("Siblings from the leaf to the root", proof["inclusion_path"])
        if "since" in proof:
            self.stdout.write(f"Earlier checkpoint:\n{proof['since']['checkpoint']}")
            self._print_path("Consistency proof from it", proof["consistency_path"])
        self.stdout.write(proof["checkpoint"], ending="")

    def _print_path(self, title: str, path: list[str]) -> None:
        self.stdout.write(f"{title} ({len(path)}):")
        for node in path:
            self.stdout.write(f"  {node}")
        self.stdout.write("")


def _checkpoint(batch: SealBatch, *, signer: Signer) -> dict[str, Any]:
    key_id = signature_of(batch).key_id
    return {
        "tree_size": batch.tree_size,
        "root_hash": bytes(batch.root_hash).hex(),
        "checkpoint": checkpoint_note(batch, signer=signer),
        "key": public_jwk(key_id, signer=signer),
        "verifier_key": verifier_key(key_id, name=batch.origin, signer=signer),
    }
