"""`audit_proof`, checked by hand with hashlib and the key that it prints."""

import base64
import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent, SealedEvent
from apps.audit.services.sealing import seal_pending
from tests.integration.audit.log_setup import NOW, record, record_many, run_sql, triggers_dropped

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> list[AuditEvent]:
    recorded = record_many(11)
    seal_pending(now=NOW + timedelta(seconds=5), batch_size=4)
    return recorded


def output(*arguments: str) -> str:
    out = io.StringIO()
    call_command("audit_proof", *arguments, stdout=out)
    return out.getvalue()


def proof(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output(*arguments, "--json"))
    return found


def root_and_size(found: dict[str, Any]) -> tuple[str, int]:
    """What is signed by the key printed beside it, whose name stands in the note."""
    text, _, signature_line = found["checkpoint"].rpartition("\n\n")
    dash, origin, blob = signature_line.split()
    assert (dash, origin) == ("—", text.splitlines()[0])
    key = base64.urlsafe_b64decode(found["key"]["x"] + "=")
    named, signature = base64.b64decode(blob)[:4], base64.b64decode(blob)[4:]
    assert named == hashlib.sha256(f"{origin}\n".encode() + b"\x01" + key).digest()[:4]
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"{text}\n".encode())
    _origin, size, root, *_rest = text.splitlines()
    return base64.b64decode(root).hex(), int(size)


def root_of(leaf: bytes, index: int, size: int, path: list[str]) -> str:
    """The recursion of RFC 9162 §2.1.3, from the root downwards."""
    if size == 1:
        assert not path
        return leaf.hex()
    split = 1 << ((size - 1).bit_length() - 1)
    *below, sibling = path
    if index < split:
        left, right = root_of(leaf, index, split, below), sibling
    else:
        left, right = sibling, root_of(leaf, index - split, size - split, below)
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


@pytest.mark.parametrize("place", [0, 4, 10])
def test_event_leads_to_the_root_that_is_signed(log: list[AuditEvent], place: int) -> None:
    found = proof("--event", str(log[place].id))
    assert json.loads(found["event"])["id"] == str(log[place].id)
    leaf = hashlib.sha256(b"\x00" + found["event"].encode()).digest()
    root, size = root_and_size(found)
    assert (found["tree_size"], found["root_hash"]) == (size, root) == (11, root)
    assert root_of(leaf, found["leaf_index"], size, found["inclusion_path"]) == root


def test_event_is_proven_under_the_checkpoint_that_is_asked_for(log: list[AuditEvent]) -> None:
    found = proof("--event", str(log[5].id), "--checkpoint", "2")
    leaf = hashlib.sha256(b"\x00" + found["event"].encode()).digest()
    assert root_and_size(found)[1] == 8
    assert root_of(leaf, 5, 8, found["inclusion_path"]) == root_and_size(found)[0]


def test_nothing_personal_is_in_a_proof(log: list[AuditEvent]) -> None:
    assert "alice@example.com" not in output("--event", str(log[0].id), "--json")


def test_later_checkpoint_goes_on_from_the_earlier_one(log: list[AuditEvent]) -> None:
    found = proof("--since", "2")
    assert root_and_size(found["since"])[1] == 8
    # 8 leaves are a whole subtree: its sibling is all that the root over 11 needs.
    (sibling,) = found["consistency_path"]
    earlier = bytes.fromhex(root_and_size(found["since"])[0])
    root = hashlib.sha256(b"\x01" + earlier + bytes.fromhex(sibling)).hexdigest()
    assert root == root_and_size(found)[0]


def test_text_for_people_ends_in_the_signed_checkpoint(log: list[AuditEvent]) -> None:
    note = proof()["checkpoint"]
    assert output() == note
    text = output("--event", str(log[3].id), "--since", "1")
    assert text.endswith(note)
    assert "Event, seal 4:" in text
    assert "Consistency proof from it" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--event", "00000000-0000-7000-8000-000000000000"], "has no seal"),
        (["--checkpoint", "9"], "no checkpoint 9"),
        (["--checkpoint", "1", "--since", "2"], "is later"),
    ],
)
def test_what_is_not_there_is_wrong_usage(log: list[AuditEvent], arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        output(*arguments)
    assert refused.value.returncode == 2


def test_event_without_a_seal_is_not_proven(log: list[AuditEvent]) -> None:
    waiting = record(now=NOW + timedelta(seconds=9))
    with pytest.raises(CommandError, match="has no seal"):
        output("--event", str(waiting.id))


@pytest.mark.parametrize("text", ["0", "-1", "x", "9" * 5000, str(2**63), "٣"])
def test_number_that_no_checkpoint_can_have_is_refused(log: list[AuditEvent], text: str) -> None:
    with pytest.raises(CommandError, match=r"no number of a checkpoint|argument"):
        output(f"--checkpoint={text}")


def test_event_that_was_changed_is_not_proven(log: list[AuditEvent]) -> None:
    event_id = SealedEvent.objects.get(seal_number=2).event_id
    with triggers_dropped():
        run_sql("UPDATE audit_event SET actor_id = 'mallory'")
    with pytest.raises(CommandError, match="does not lead to the root") as refused:
        output("--event", str(event_id))
    assert refused.value.returncode == 1
