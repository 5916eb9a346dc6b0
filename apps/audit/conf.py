"""Settings of the log, with their defaults."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings


def seal_lookback() -> timedelta:
    """How far behind the newest seal an event may commit and still be found without the sweep."""
    return timedelta(seconds=getattr(settings, "AUDIT_SEAL_LOOKBACK_SECONDS", 60))


def seal_batch_size() -> int:
    return int(getattr(settings, "AUDIT_SEAL_BATCH_SIZE", 4000))


def reader_batch_size() -> int:
    """Seals that a reader of the log looks at in one transaction."""
    return int(getattr(settings, "AUDIT_READER_BATCH_SIZE", 1000))


def late_seal_threshold() -> timedelta:
    """An event sealed later than this after it happened is pointed out by verification."""
    return timedelta(seconds=getattr(settings, "AUDIT_LATE_SEAL_SECONDS", 60))


def witness_file() -> Path | None:
    """Where the newest checkpoint is kept outside the database; None to keep no witness."""
    path: Path | None = getattr(settings, "AUDIT_WITNESS_FILE", None)
    return path


def log_origin() -> str:
    """The name of this log in the text that is signed."""
    return f"{urlsplit(settings.BASE_URL).netloc}/audit"
