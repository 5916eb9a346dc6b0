"""The folder of embedded mode: its owner's alone, also when an older start or a person left it open to others."""

import contextlib
import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
DATABASE = "gatehouse.sqlite3"
SECRET_FILES = (
    "secret_key",
    "field_encryption_keys",
    "demo_clients.json",
    DATABASE,
    f"{DATABASE}-wal",
    f"{DATABASE}-shm",
)
# By `make run`, which keeps its logs there.
MADE_BEFORE_US = {"log"}


def keep_private(folder: Path) -> str:
    """Makes the folder, closes it and its secrets to others, and says in one sentence why that cannot be done."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = _close_folder(folder)
        for name in SECRET_FILES:
            with contextlib.suppress(FileNotFoundError):
                found = found or _close_file(folder / name)
    except OSError as error:
        return f"DATA_DIR is {folder}, which cannot be used: {error.strerror}"
    return found


def _close_folder(folder: Path) -> str:
    status = folder.stat()
    if not status.st_mode & OTHERS:
        return ""
    if status.st_uid != os.geteuid():
        if not status.st_mode & stat.S_IRWXO:
            return ""
        return f"DATA_DIR is {folder}, which belongs to another user and is open to others; name a folder of your own"
    if not _is_ours(folder):
        return (
            f"DATA_DIR is {folder}, which holds other things and is open to others; "
            "name a folder that is for Gatehouse alone"
        )
    folder.chmod(0o700)
    return ""


def _is_ours(folder: Path) -> bool:
    """Never true of a shared folder such as /tmp, which closing would take away from everybody else."""
    names = {entry.name for entry in folder.iterdir()}
    return not folder.stat().st_mode & stat.S_ISVTX and (
        names <= MADE_BEFORE_US or not names.isdisjoint(SECRET_FILES)
    )


def _close_file(path: Path) -> str:
    status = path.stat()
    if not status.st_mode & OTHERS:
        return ""
    if status.st_uid == os.geteuid():
        path.chmod(0o600)
        return ""
    if not status.st_mode & stat.S_IRWXO:
        return ""
    return f"{path} belongs to another user and is open to others; close it with `chmod 600`"
