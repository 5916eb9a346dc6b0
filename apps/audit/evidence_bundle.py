"""The zip that an auditor takes away: its files, one after the other, and the signed list of them.

    events.jsonl        one event a line, in seal order: the very bytes under its leaf hash
    seals.jsonl         beside each its seal number and leaf hash, and its personal values with their salt
    inclusion.txt       what the tree over all events needs beside these leaves, from left to right
    checkpoint.note     the signed root over them
    since.note          an earlier one, and
    consistency.txt     the proof that the log goes on from it
    keys.json           the public keys, as a JWK set
    README.txt, gatehouse_verify.py
    manifest.json       what was asked for, and size and SHA-256 of each file
    manifest.note       the signature over that

gatehouse_verify.py is the other half of this module: what it reads is written here.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from apps.audit.canonical import Json, canonical_json

FORMAT = "gatehouse-evidence/1"
MANIFEST, MANIFEST_NOTE = "manifest.json", "manifest.note"
CHECKPOINT, SINCE, CONSISTENCY = "checkpoint.note", "since.note", "consistency.txt"
EVENTS, SEALS, INCLUSION, KEYS = "events.jsonl", "seals.jsonl", "inclusion.txt", "keys.json"
README, VERIFIER = "README.txt", "gatehouse_verify.py"
OWNER_ONLY = 0o600
HERE = Path(__file__).resolve().parent


class BundleFile:
    """One file of the zip while it is written."""

    def __init__(self, member: IO[bytes]) -> None:
        self.size = 0
        self._member = member
        self._digest = hashlib.sha256()

    def write(self, content: bytes) -> None:
        self._member.write(content)
        self._digest.update(content)
        self.size += len(content)

    def listed(self) -> Json:
        return {"sha256": self._digest.hexdigest(), "size": self.size}


class BundleWriter:
    """Writes one file after the other, and remembers their digests for the manifest."""

    def __init__(self, file: IO[bytes], *, now: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._now = now
        self.files: dict[str, Json] = {}

    @contextmanager
    def opened(self, name: str) -> Iterator[BundleFile]:
        info = zipfile.ZipInfo(name, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = OWNER_ONLY << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            writing = BundleFile(member)
            yield writing
        self.files[name] = writing.listed()

    def add(self, name: str, content: bytes) -> None:
        with self.opened(name) as file:
            file.write(content)

    def add_file(self, name: str, spooled: IO[bytes]) -> None:
        spooled.seek(0)
        with self.opened(name) as file:
            shutil.copyfileobj(spooled, file)

    def add_texts(self) -> None:
        """What explains the bundle, and what checks it."""
        self.add(README, (HERE / "evidence_readme.txt").read_bytes())
        self.add(VERIFIER, (HERE / "gatehouse_verify.py").read_bytes())

    def close(self) -> None:
        self._zip.close()


def manifest_text(origin: str, manifest: bytes) -> bytes:
    """What is signed of the manifest. No checkpoint begins like this, so that neither passes for the other."""
    return f"{origin}/evidence\n{hashlib.sha256(manifest).hexdigest()}\n".encode()


def json_line(value: Json) -> bytes:
    return canonical_json(value) + b"\n"
