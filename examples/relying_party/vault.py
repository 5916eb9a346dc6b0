"""An encrypted drawer on disk: what lies in it is unreadable without the key file that lies beside it."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SCHEMA = """
CREATE TABLE IF NOT EXISTS drawer (
    kind TEXT NOT NULL, name_digest TEXT NOT NULL, content BLOB NOT NULL, expires_at REAL NOT NULL,
    PRIMARY KEY (kind, name_digest)
) WITHOUT ROWID
"""


class Vault:
    """Entries are found by kind and name; the file holds neither the names nor the contents in the clear."""

    def __init__(self, *, path: Path, key: bytes) -> None:
        self._path = path
        self._cipher = Fernet(key)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(SCHEMA)

    def read(self, kind: str, name: str, *, now: float) -> dict[str, Any] | None:
        with self._connection() as connection:
            row = connection.execute(
                "SELECT content FROM drawer WHERE kind = ? AND name_digest = ? AND expires_at > ?",
                (kind, _digest(name), now),
            ).fetchone()
        if row is None:
            return None
        try:
            plain = self._cipher.decrypt(row[0])
        except InvalidToken:  # The key file was replaced: the entry is lost, not the application.
            return None
        content: dict[str, Any] = json.loads(plain)
        return content

    def write(
        self, kind: str, name: str, content: Mapping[str, Any], *, expires_at: float, now: float
    ) -> None:
        sealed = self._cipher.encrypt(json.dumps(content).encode())
        with self._connection() as connection:
            connection.execute("DELETE FROM drawer WHERE expires_at <= ?", (now,))
            connection.execute(
                "INSERT OR REPLACE INTO drawer VALUES (?, ?, ?, ?)", (kind, _digest(name), sealed, expires_at)
            )

    def remove(self, kind: str, name: str) -> None:
        with self._connection() as connection:
            connection.execute("DELETE FROM drawer WHERE kind = ? AND name_digest = ?", (kind, _digest(name)))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=10)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def load_or_make_key(path: Path) -> bytes:
    """The Fernet key in the file, made for its owner's eyes only when it is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        key = Fernet.generate_key()
        file.write(key)
    return key


def derive_key(key: bytes, *, purpose: str) -> bytes:
    """A second key from the first, so that one secret never serves two purposes."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
