"""Checkpoints that somebody holds outside the database: the sealer's witness file, or lines of a process log.

Both are JSON objects, one a line, with `event` "audit_checkpoint", `number`, `tree_size` and `root`. A witness
file also carries the text that was signed and its signature.
"""

import base64
import binascii
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.audit.checkpoint import Checkpoint
from apps.audit.constants import MAX_NUMBER
from apps.audit.errors import WitnessUnreadable
from apps.audit.ports import AuditSignature

LINE_EVENT = "audit_checkpoint"
_DECODER = json.JSONDecoder()
_SIGNATURE_MEMBERS = ("signed_text", "key_id", "algorithm", "signature")


@dataclass(frozen=True)
class WitnessedCheckpoint:
    number: int
    tree_size: int
    root: str
    """In hexadecimal."""
    signed_text: bytes = b""
    signature: AuditSignature | None = None
    """None for a line of a process log: that is as good as the place where the log is kept."""


def witness_line(checkpoint: Checkpoint, signature: AuditSignature) -> str:
    content = {
        "event": LINE_EVENT,
        "number": checkpoint.number,
        "tree_size": checkpoint.tree_size,
        "root": checkpoint.root_hash.hex(),
        "signed_text": checkpoint.signed_text().decode(),
        "key_id": signature.key_id,
        "algorithm": signature.algorithm,
        "signature": base64.b64encode(signature.value).decode(),
    }
    return json.dumps(content) + "\n"


def parse_line(line: str) -> WitnessedCheckpoint | None:
    """None for a line about something else. Whatever stands before the JSON object is passed over.

    Raises: ValueError for a line that names a checkpoint in a form that cannot be relied on.
    """
    if LINE_EVENT not in line or "{" not in line:
        return None
    try:
        content, _ = _DECODER.raw_decode(line[line.index("{") :])
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if content.get("event") != LINE_EVENT:
        return None
    number, tree_size, root = (content.get(name) for name in ("number", "tree_size", "root"))
    if type(number) is not int or type(tree_size) is not int or not isinstance(root, str):
        raise ValueError("number, tree_size or root is missing")
    if not 0 < number <= MAX_NUMBER:
        raise ValueError("the number is none that a checkpoint can have")
    if "signed_text" not in content:
        return WitnessedCheckpoint(number, tree_size, root)
    return _signed(content, WitnessedCheckpoint(number, tree_size, root))


def _signed(content: dict[str, object], named: WitnessedCheckpoint) -> WitnessedCheckpoint:
    text, key_id, algorithm, value = (str(content.get(name, "")) for name in _SIGNATURE_MEMBERS)
    root = base64.b64encode(bytes.fromhex(named.root)).decode()
    if text.splitlines()[1:4] != [str(named.tree_size), root, f"number {named.number}"]:
        raise ValueError("the signed text names another checkpoint")
    try:
        signature = AuditSignature(key_id, algorithm, base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise ValueError("the signature is not base64") from error
    return WitnessedCheckpoint(named.number, named.tree_size, named.root, text.encode(), signature)


def newest_witnessed(path: Path) -> WitnessedCheckpoint | None:
    """What the sealer's witness file holds; None when there is no such file. Raises: WitnessUnreadable."""
    try:
        named = parse_line(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise WitnessUnreadable(f"{path}: {error}") from error
    if named is None or named.signature is None:
        raise WitnessUnreadable(f"{path} holds no signed checkpoint")
    return named


def witnessed_in(path: Path) -> Iterator[WitnessedCheckpoint | None]:
    """Every checkpoint named in a witness file or process log; None for a line that ought to name one and fails.

    Raises: WitnessUnreadable.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    named = parse_line(line)
                except ValueError:
                    yield None
                else:
                    if named is not None:
                        yield named
    except OSError as error:
        raise WitnessUnreadable(f"{path}: {error.strerror}") from error


def write_witness(path: Path, line: str) -> None:
    """Whole or not at all, for its owner only. Raises: OSError."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as draft:
        try:
            draft.write(line)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
