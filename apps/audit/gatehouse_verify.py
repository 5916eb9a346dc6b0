#!/usr/bin/env python3
"""Checks an evidence bundle of Gatehouse's audit log, without Gatehouse and without a network.

Needs Python 3.9 or newer and the package "cryptography". Nothing in the bundle is unpacked, run or trusted.

    python3 gatehouse_verify.py BUNDLE.zip --key audit-key.json
    python3 gatehouse_verify.py BUNDLE.zip --thumbprint=3uVbL0vJwHkUoW…
    python3 gatehouse_verify.py BUNDLE.zip --key audit-key.json --earlier checkpoint-of-last-year.note

Exit codes: 0 everything fits, 1 something is wrong (the first such thing is named), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, NoReturn

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.stderr.write('This needs the package "cryptography": python3 -m pip install cryptography\n')
    raise SystemExit(2) from None

FITS, WRONG, USAGE = 0, 1, 2

FORMAT = "gatehouse-evidence/1"
MANIFEST, MANIFEST_NOTE = "manifest.json", "manifest.note"
CHECKPOINT, SINCE, CONSISTENCY = "checkpoint.note", "since.note", "consistency.txt"
EVENTS, SEALS, INCLUSION, KEYS = "events.jsonl", "seals.jsonl", "inclusion.txt", "keys.json"
NEEDED = {MANIFEST, MANIFEST_NOTE, CHECKPOINT, EVENTS, SEALS, INCLUSION, KEYS}
KNOWN = NEEDED | {SINCE, CONSISTENCY, "README.txt", "gatehouse_verify.py"}
SMALL_BYTES = 1 << 20
"""The largest size of a file that is read as a whole."""
LINE_BYTES = 1 << 23
CHUNK_BYTES = 1 << 16
DIRECTORY_BYTES = 1 << 14
"""The largest directory of a zip with so few files."""

HASH_BYTES = 32
PERSONAL_DOMAIN = b"gatehouse audit personal v1\x00"
ED25519 = b"\x01"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
HEX_HASH = re.compile(r"[0-9a-f]{64}")
EVENT_MEMBERS = {
    "action", "actor", "client_id", "commitment", "details", "id", "occurred_at", "outcome", "request_id",
    "session_id", "target", "v",
}  # fmt: skip


# What zipfile and its decompressor raise for what was put together wrongly.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OverflowError,
    RecursionError,
    struct.error,
    OSError,
)


class SomethingWrong(Exception):
    """The bundle does not show what it claims."""


class Misused(Exception):
    """The question cannot be answered."""


def wrong(what: str) -> NoReturn:
    raise SomethingWrong(what)


# The zip, as hostile input --------------------------------------------------------------------------------------


class Bundle:
    """The files of the zip. A name is looked up, never used as a path."""

    def __init__(self, file: BinaryIO) -> None:
        _refuse_large_directory(file)
        self._zip = zipfile.ZipFile(file)
        self.infos: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename
            if name not in KNOWN:
                wrong(f"the bundle holds a file that does not belong there: {shown(name)}")
            if name in self.infos:
                wrong(f"the bundle holds {name} twice")
            if info.flag_bits & 0x1:
                wrong(f"{name} is encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                wrong(f"{name} is compressed in an unusual way")
            self.infos[name] = info
        for name in sorted(NEEDED - set(self.infos)):
            wrong(f"{name} is missing")
        if (SINCE in self.infos) != (CONSISTENCY in self.infos):
            wrong(f"{SINCE} and {CONSISTENCY} belong together, and one of them is missing")

    def small(self, name: str) -> bytes:
        size = self.infos[name].file_size
        if size > SMALL_BYTES:
            wrong(f"{name} is too large")
        return b"".join(self.chunks(name))

    def text(self, name: str) -> str:
        return _text(self.small(name), name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Never more than the size that the directory of the zip states."""
        left = self.infos[name].file_size
        with self._zip.open(self.infos[name]) as member:
            while left > 0:
                chunk = member.read(min(CHUNK_BYTES, left))
                if not chunk:
                    wrong(f"{name} ends too early")
                left -= len(chunk)
                yield chunk
            if member.read(1):
                wrong(f"{name} is longer than the zip says")

    def lines(self, name: str) -> Iterator[bytes]:
        """Each without its line feed."""
        rest = b""
        for chunk in self.chunks(name):
            *lines, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else [rest + chunk]
            if len(rest) > LINE_BYTES:
                wrong(f"{name} holds a line that is too long")
            yield from lines
        if rest:
            wrong(f"{name} does not end in a line feed")


def _refuse_large_directory(file: BinaryIO) -> None:
    """zipfile reads the directory as a whole, before anything could be said about it."""
    file.seek(0, 2)
    length = file.tell()
    file.seek(max(length - 98, 0))
    tail = file.read(98)
    if len(tail) < 22 or tail[-22:-18] != b"PK\x05\x06":
        wrong("this is no zip as Gatehouse writes it, or its end is missing")
    (size,) = struct.unpack("<L", tail[-10:-6])
    if tail[-42:-38] == b"PK\x06\x07":
        if tail[-98:-94] != b"PK\x06\x06":
            wrong("the end of the zip is not as Gatehouse writes it")
        (size64,) = struct.unpack("<Q", tail[-58:-50])
        size = size64 if size == 0xFFFFFFFF else max(size, size64)
    if size > DIRECTORY_BYTES:
        wrong("the directory of the zip is too large")


# Signed notes ---------------------------------------------------------------------------------------------------


class Note(NamedTuple):
    text: str
    name: str
    key_hash: bytes
    signature: bytes


class Checkpoint(NamedTuple):
    text: str
    origin: str
    tree_size: int
    root: bytes
    number: int
    sealed_at: str


def parse_note(content: str, name: str) -> Note:
    text, gap, last = content.rpartition("\n\n")
    words = last.split(" ")
    if not gap or len(words) != 3 or words[0] != "\N{EM DASH}" or not last.endswith("\n"):
        wrong(f"{name} is no signed note with one signature")
    value = _base64(words[2][:-1], name)
    if len(value) != 4 + 64:
        wrong(f"{name} holds no Ed25519 signature")
    return Note(f"{text}\n", words[1], value[:4], value[4:])


def parse_checkpoint(note: Note, name: str) -> Checkpoint:
    lines = note.text.split("\n")
    if len(lines) != 7 or lines[6]:
        wrong(f"{name} is no checkpoint")
    origin, size, root, number, previous, sealed_at = lines[:6]
    is_labelled = number.startswith("number ") and previous.startswith("previous ")
    if not is_labelled or not sealed_at.startswith("sealed-at "):
        wrong(f"{name} is no checkpoint")
    at = sealed_at[len("sealed-at ") :]
    root_hash = _base64(root, name)
    if len(root_hash) != HASH_BYTES or not TIME.fullmatch(at):
        wrong(f"{name} is no checkpoint")
    return Checkpoint(
        note.text, origin, _number(size, name), root_hash, _number(number[len("number ") :], name), at
    )


class Keys:
    """The public keys that may have signed. Which of them did is told by the note itself."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys

    def check(self, note: Note, name: str) -> bytes:
        """The key that signed this note."""
        for key in self._keys:
            if hashlib.sha256(f"{note.name}\n".encode() + ED25519 + key).digest()[:4] == note.key_hash:
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(note.signature, note.text.encode())
                except (InvalidSignature, ValueError):
                    wrong(f"the signature of {name} is wrong")
                return key
        wrong(f"{name} is signed by a key that is not among those to be trusted")


def parse_keys(content: str, name: str) -> list[bytes]:
    """The Ed25519 keys of a JWK or a JWK set."""
    parsed = _json(content, name)
    jwks = parsed.get("keys", [parsed]) if isinstance(parsed, dict) else None
    if not isinstance(jwks, list):
        wrong(f"{name} holds no keys")
    keys = []
    for jwk in jwks:
        is_one = isinstance(jwk, dict) and jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519"
        if not is_one or not isinstance(jwk.get("x"), str):
            wrong(f"{name} holds something else than Ed25519 public keys")
        key = _base64(jwk["x"].replace("-", "+").replace("_", "/") + "=" * (-len(jwk["x"]) % 4), name)
        if len(key) != HASH_BYTES:
            wrong(f"{name} holds something else than Ed25519 public keys")
        keys.append(key)
    return keys


def thumbprint(key: bytes) -> str:
    """RFC 7638."""
    x = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()
    return base64.urlsafe_b64encode(hashlib.sha256(members).digest()).rstrip(b"=").decode()


# The Merkle tree ------------------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def left_size(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


class PrunedTree:
    """The tree over all leaves, of which only some are shown; of the rest, the largest whole subtrees."""

    def __init__(self, leaves: Iterator[tuple[int, bytes]], hashes: Iterator[bytes]) -> None:
        self._leaves = leaves
        self._hashes = hashes
        self._next = next(leaves, None)

    def root(self, tree_size: int) -> bytes:
        root = self._root(0, tree_size)
        if self._next is not None or next(self._hashes, None) is not None:
            wrong(f"{INCLUSION} does not fit the events: it holds more than belongs to them")
        return root

    def _root(self, start: int, size: int) -> bytes:
        if self._next is None or self._next[0] >= start + size:
            if size & (size - 1) == 0:
                return self._hash()
        elif size == 1:
            leaf = self._next[1]
            self._next = next(self._leaves, None)
            return leaf
        split = left_size(size)
        left = self._root(start, split)
        return node_hash(left, self._root(start + split, size - split))

    def _hash(self) -> bytes:
        found = next(self._hashes, None)
        if found is None:
            wrong(f"{INCLUSION} does not fit the events: it ends too early")
        return found


def is_consistent(first: Checkpoint, second: Checkpoint, proof: list[bytes]) -> bool:
    """RFC 9162 §2.1.4.2."""
    if not 0 < first.tree_size <= second.tree_size:
        return False
    if first.tree_size == second.tree_size:
        return not proof and first.root == second.root
    path = list(proof)
    if first.tree_size & (first.tree_size - 1) == 0:
        path.insert(0, first.root)
    if not path:
        return False
    place, last = first.tree_size - 1, second.tree_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first.root and new == second.root


# Events ---------------------------------------------------------------------------------------------------------


class Counts:
    """What the bundle turned out to hold."""

    def __init__(self) -> None:
        self.events = self.shown = self.withheld = self.erased = self.beside = 0
        self.first_seal: int | None = None
        self.last_seal: int | None = None


class Selection(NamedTuple):
    start: str
    end: str
    actions: list[str]
    has_personal: bool

    def covers(self, event: dict[str, Any]) -> bool:
        return self.start <= event["occurred_at"] < self.end and (
            not self.actions or event["action"] in self.actions
        )


def checked_leaves(
    bundle: Bundle, selection: Selection, tree_size: int, counts: Counts
) -> Iterator[tuple[int, bytes]]:
    """Leaf index, counted from 0, and leaf hash of each event, after everything about it was checked."""
    seals = bundle.lines(SEALS)
    for line in bundle.lines(EVENTS):
        seal_line = next(seals, None)
        if seal_line is None:
            wrong(f"{SEALS} has fewer lines than {EVENTS}")
        row = _json(_text(seal_line, SEALS), f"line {counts.events + 1} of {SEALS}")
        number = row.get("seal") if isinstance(row, dict) else None
        if type(number) is not int or not 1 <= number <= tree_size:
            wrong(f"line {counts.events + 1} of {SEALS} names no seal number under the checkpoint")
        if counts.last_seal is not None and number <= counts.last_seal:
            wrong(f"seal {number} stands behind seal {counts.last_seal}: the events are not in their order")
        leaf = leaf_hash(line)
        if row.get("leaf") != leaf.hex():
            wrong(f"the event at seal {number} does not give its leaf hash: one of the two was changed")
        if not selection.actions and counts.last_seal is not None and number != counts.last_seal + 1:
            wrong(f"between the seals {counts.last_seal} and {number} events were left out")
        event = parse_event(line, number)
        check_personal(event, row, selection, number, counts)
        counts.events += 1
        counts.first_seal = number if counts.first_seal is None else counts.first_seal
        counts.last_seal = number
        yield number - 1, leaf
    if next(seals, None) is not None:
        wrong(f"{SEALS} has more lines than {EVENTS}")


def parse_event(line: bytes, number: int) -> dict[str, Any]:
    what = f"the event at seal {number}"
    event = _json(_text(line, EVENTS), what)
    if not isinstance(event, dict) or set(event) != EVENT_MEMBERS or event["v"] != 1:
        wrong(f"{what} does not have the members of an event")
    if canonical_json(event) != line:
        wrong(f"{what} is not in canonical form")
    is_timed = isinstance(event["occurred_at"], str) and TIME.fullmatch(event["occurred_at"])
    if not is_timed or not isinstance(event["action"], str) or not _is_hash(event["commitment"]):
        wrong(f"{what} does not have the members of an event")
    return event


def check_personal(
    event: dict[str, Any], row: dict[str, Any], selection: Selection, number: int, counts: Counts
) -> None:
    is_covered = selection.covers(event)
    if not is_covered:
        if selection.actions:
            wrong(f"the event at seal {number} is none of those that the manifest selects")
        counts.beside += 1
    state = row.get("state")
    if state == "shown":
        if set(row) != {"seal", "leaf", "state", "personal", "salt"}:
            wrong(f"line {counts.events + 1} of {SEALS} has other members than it should")
        if not (selection.has_personal and is_covered):
            wrong(f"seal {number} shows personal values although the manifest says that it does not")
        salt = row["salt"]
        if not _is_hash(salt):
            wrong(f"seal {number} has no salt beside its personal values")
        personal = canonical_json(row["personal"])
        if (
            hashlib.sha256(PERSONAL_DOMAIN + bytes.fromhex(salt) + personal).hexdigest()
            != event["commitment"]
        ):
            wrong(f"the personal values at seal {number} are not those that the event commits to")
        counts.shown += 1
    elif state in ("withheld", "erased") and set(row) == {"seal", "leaf", "state"}:
        if state == "erased":
            counts.erased += 1
        elif selection.has_personal and is_covered:
            wrong(
                f"seal {number} withholds personal values although the manifest says that they are included"
            )
        else:
            counts.withheld += 1
    else:
        wrong(f"line {counts.events + 1} of {SEALS} has other members than it should")


# Reading --------------------------------------------------------------------------------------------------------


def canonical_json(value: Any) -> bytes:
    """RFC 8785, for values without floating-point numbers."""
    text = json.dumps(_in_utf16_order(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _in_utf16_order(value: Any) -> Any:
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return {key: _in_utf16_order(item) for key, item in ordered}
    if isinstance(value, list):
        return [_in_utf16_order(item) for item in value]
    return value


def _json(content: str, name: str) -> Any:
    def each_name_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) != len(members):
            raise ValueError("a name twice")
        return value

    def whole(number: str) -> int:
        if len(number) > 17:
            raise ValueError("a number that is too large")
        return int(number)

    def refuse(number: str) -> NoReturn:
        raise ValueError("a number that is not whole")

    try:
        return json.loads(
            content,
            object_pairs_hook=each_name_once,
            parse_int=whole,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except (ValueError, RecursionError) as error:
        raise SomethingWrong(f"{name} is not the JSON that it should be") from error


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise SomethingWrong(f"{name} is not UTF-8") from error


def _base64(text: str, name: str) -> bytes:
    try:
        value = base64.b64decode(text.encode("ascii", "replace"), validate=True)
    except binascii.Error as error:
        raise SomethingWrong(f"{name} holds something else than base64") from error
    if base64.b64encode(value).decode() != text:
        wrong(f"{name} holds something else than base64")
    return value


def _number(text: str, name: str) -> int:
    if not NUMBER.fullmatch(text):
        wrong(f"{name} holds something else than a number")
    return int(text)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HEX_HASH.fullmatch(value) is not None


def _hashes(lines: Iterator[bytes], name: str) -> Iterator[bytes]:
    for line in lines:
        text = _text(line, name)
        if not _is_hash(text):
            wrong(f"{name} holds something else than hashes")
        yield bytes.fromhex(text)


def shown(text: str) -> str:
    """Fit for a terminal, whatever it is."""
    return ascii(text[:100])


# The whole ------------------------------------------------------------------------------------------------------


class Result(NamedTuple):
    origin: str
    checkpoint: Checkpoint
    since: Checkpoint | None
    selection: Selection
    counts: Counts
    signers: list[str]


def verify(
    bundle: Bundle,
    trusted: list[bytes] | None = None,
    thumbprints: list[str] | None = None,
) -> Result:
    """Raises: SomethingWrong."""
    held = parse_keys(bundle.text(KEYS), KEYS)
    if thumbprints:
        trusted = [key for key in held if thumbprint(key) in thumbprints]
    keys = Keys(held if trusted is None else trusted)

    manifest_note = parse_note(bundle.text(MANIFEST_NOTE), MANIFEST_NOTE)
    signers = [keys.check(manifest_note, MANIFEST_NOTE)]
    raw_manifest = bundle.small(MANIFEST)
    manifest = check_manifest(raw_manifest, manifest_note)
    if manifest_note.name != manifest["origin"]:
        wrong(f"{MANIFEST_NOTE} is signed in the name of another log")
    check_files(bundle, manifest)

    checkpoint, signer = checked_checkpoint(bundle, CHECKPOINT, keys, manifest["origin"])
    signers.append(signer)
    since = None
    if SINCE in bundle.infos:
        since, signer = checked_checkpoint(bundle, SINCE, keys, manifest["origin"])
        signers.append(signer)
        if not is_consistent(since, checkpoint, list(_hashes(iter(_small_lines(bundle)), CONSISTENCY))):
            wrong(
                f"checkpoint {checkpoint.number} does not go on from checkpoint {since.number}: "
                "what was sealed by then was changed, or the proof was"
            )
    counts = Counts()
    selection = selection_of(manifest)
    leaves = checked_leaves(bundle, selection, checkpoint.tree_size, counts)
    tree = PrunedTree(leaves, _hashes(bundle.lines(INCLUSION), INCLUSION))
    if tree.root(checkpoint.tree_size) != checkpoint.root:
        wrong(
            f"the events do not lead to the root that checkpoint {checkpoint.number} signs: an event or a hash "
            "was changed, removed or put in, or the checkpoint is of another log"
        )
    check_counts(manifest, counts)
    return Result(
        manifest["origin"], checkpoint, since, selection, counts, sorted({thumbprint(key) for key in signers})
    )


def _small_lines(bundle: Bundle) -> list[bytes]:
    bundle.small(CONSISTENCY)
    return list(bundle.lines(CONSISTENCY))


def check_manifest(raw: bytes, note: Note) -> dict[str, Any]:
    manifest = _json(_text(raw, MANIFEST), MANIFEST)
    digest = hashlib.sha256(raw).hexdigest()
    if not isinstance(manifest, dict) or not isinstance(manifest.get("origin"), str):
        wrong(f"{MANIFEST} is no manifest")
    if note.text != f"{manifest['origin']}/evidence\n{digest}\n":
        wrong(f"{MANIFEST} is not the one that was signed")
    if manifest.get("format") != FORMAT:
        wrong(f"this program checks bundles of the format {FORMAT}; the manifest names another")
    return manifest


def check_files(bundle: Bundle, manifest: dict[str, Any]) -> None:
    files = manifest.get("files")
    if not isinstance(files, dict):
        wrong(f"{MANIFEST} lists no files")
    there = set(bundle.infos) - {MANIFEST, MANIFEST_NOTE}
    for name in sorted(there - set(files)):
        wrong(f"{name} is not in the manifest")
    for name in sorted(set(files) - there):
        wrong(f"{shown(name)} is in the manifest and missing from the bundle")
    for name in sorted(files):
        listed = files[name]
        if not isinstance(listed, dict) or listed.get("size") != bundle.infos[name].file_size:
            wrong(f"{name} does not have the size that the manifest says")
        digest = hashlib.sha256()
        for chunk in bundle.chunks(name):
            digest.update(chunk)
        if listed.get("sha256") != digest.hexdigest():
            wrong(f"{name} was changed: its SHA-256 is not the one in the manifest")


def checked_checkpoint(bundle: Bundle, name: str, keys: Keys, origin: str) -> tuple[Checkpoint, bytes]:
    note = parse_note(bundle.text(name), name)
    key = keys.check(note, name)
    checkpoint = parse_checkpoint(note, name)
    if checkpoint.origin != origin or note.name != origin:
        wrong(f"{name} is a checkpoint of another log: {shown(checkpoint.origin)}")
    if checkpoint.tree_size < 1:
        wrong(f"{name} is a checkpoint over nothing")
    return checkpoint, key


def selection_of(manifest: dict[str, Any]) -> Selection:
    selection = manifest.get("selection")
    if not isinstance(selection, dict):
        wrong(f"{MANIFEST} does not say what was selected")
    start, end, actions = selection.get("from"), selection.get("to"), selection.get("actions")
    is_timed = all(isinstance(at, str) and TIME.fullmatch(at) for at in (start, end))
    is_listed = isinstance(actions, list) and all(isinstance(action, str) for action in actions)
    if not is_timed or not is_listed or not isinstance(manifest.get("personal"), bool):
        wrong(f"{MANIFEST} does not say what was selected")
    return Selection(str(start), str(end), list(actions or []), manifest["personal"])


def check_counts(manifest: dict[str, Any], counts: Counts) -> None:
    claimed = manifest.get("events")
    found = {
        "beside": counts.beside,
        "count": counts.events,
        "first_seal": counts.first_seal,
        "last_seal": counts.last_seal,
    }
    if claimed != found:
        wrong(f"{MANIFEST} counts other events than {EVENTS} holds")


def compare_with_earlier(result: Result, content: str, keys: Keys, name: str) -> str:
    """What is proven about a checkpoint that the reader has kept. Raises: SomethingWrong, Misused."""
    try:
        note = parse_note(content, name)
        earlier = parse_checkpoint(note, name)
    except SomethingWrong as error:
        raise Misused(str(error)) from error
    keys.check(note, name)
    for checkpoint in (result.since, result.checkpoint):
        if checkpoint is not None and checkpoint.number == earlier.number:
            if checkpoint.text != earlier.text:
                wrong(
                    f"checkpoint {earlier.number} was another one when you were given it: the log was replaced"
                )
            return f"The checkpoint that you kept, number {earlier.number}, is part of this log as it was."
    raise Misused(
        f"the bundle says nothing about checkpoint {earlier.number}; ask for one made with --since {earlier.number}"
    )


def report(result: Result, is_key_known: bool) -> Iterator[str]:
    counts, checkpoint = result.counts, result.checkpoint
    if is_key_known:
        yield f"VERIFIED: {counts.events:,} events of {shown_plain(result.origin)}."
    else:
        yield f"CONSISTENT IN ITSELF: {counts.events:,} events of {shown_plain(result.origin)}."
    yield (
        f"Checkpoint {checkpoint.number}, sealed at {checkpoint.sealed_at}, covers {checkpoint.tree_size:,} events; "
        f"root {checkpoint.root.hex()}."
    )
    selection = result.selection
    actions = ", ".join(shown_plain(action) for action in selection.actions)
    yield f"Asked for: {selection.start} to {selection.end}{', only ' + actions if actions else ''}."
    if counts.events and not selection.actions:
        yield f"Without a gap from seal {counts.first_seal} to {counts.last_seal}."
    elif selection.actions:
        yield "Chosen by action: that no other event of these actions exists is not proven."
    if counts.beside:
        yield f"{counts.beside:,} of them happened outside of that time and were sealed in between."
    yield (
        f"Personal values: {counts.shown:,} shown and proven, {counts.withheld:,} withheld, {counts.erased:,} erased."
    )
    if result.since is not None:
        yield f"The log goes on, unchanged, from checkpoint {result.since.number} ({result.since.sealed_at})."
    yield f"Signed by {', '.join(result.signers)}."
    if not is_key_known:
        yield (
            "NO KEY GIVEN: whoever makes up a bundle also makes up its key. Ask the operator for the thumbprint on "
            "another way, compare, and give it with --thumbprint."
        )


def shown_plain(text: str) -> str:
    return shown(text)[1:-1]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Checks an evidence bundle of Gatehouse's audit log, offline.",
        epilog="Exit codes: 0 everything fits, 1 something is wrong, 2 wrong usage.",
    )
    parser.add_argument("bundle", help="the zip")
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument(
        "--key", metavar="FILE", help="JWK or JWK set that you trust, from elsewhere than the zip"
    )
    trust.add_argument(
        "--thumbprint",
        action="append",
        help="RFC 7638 thumbprint of a key that you trust; once for each that the operator names",
    )
    parser.add_argument("--earlier", metavar="FILE", help="a checkpoint.note that you have kept from before")
    options = parser.parse_args(arguments)
    try:
        lines = _run(options)
    except SomethingWrong as error:
        sys.stdout.write(f"WRONG: {error}.\n")
        return WRONG
    except Misused as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return FITS


def _run(options: argparse.Namespace) -> list[str]:
    trusted = None
    if options.key:
        try:
            trusted = parse_keys(_file(options.key), options.key)
        except SomethingWrong as error:
            raise Misused(str(error)) from error
    earlier = _file(options.earlier) if options.earlier else None
    try:
        # Before it is opened: a pipe would wait for somebody, and a device never ends.
        if not stat.S_ISREG(os.stat(options.bundle).st_mode):
            raise Misused(f"{options.bundle} is no regular file")
        with open(options.bundle, "rb") as file:
            return _checked(file, options, trusted, earlier)
    except OSError as error:
        raise Misused(f"{options.bundle}: {error.strerror or error}") from error


def _checked(
    file: BinaryIO, options: argparse.Namespace, trusted: list[bytes] | None, earlier: str | None
) -> list[str]:
    try:
        bundle = Bundle(file)
        result = verify(bundle, trusted, options.thumbprint)
        lines = list(report(result, bool(options.key or options.thumbprint)))
        if earlier is not None:
            keys = Keys(parse_keys(bundle.text(KEYS), KEYS))
            lines.append(compare_with_earlier(result, earlier, keys, options.earlier))
    except DAMAGED as error:
        raise SomethingWrong(f"the zip is damaged ({shown_plain(str(error))})") from error
    return lines


def _file(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(SMALL_BYTES + 1)
    except OSError as error:
        raise Misused(f"{path}: {error.strerror}") from error
    if len(content) > SMALL_BYTES:
        raise Misused(f"{path} is too large")
    try:
        return _text(content, path)
    except SomethingWrong as error:
        raise Misused(str(error)) from error


if __name__ == "__main__":
    raise SystemExit(main())
