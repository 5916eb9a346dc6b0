"""Where a network address is, as far as the operator's database of places knows.

The database is a file in MaxMind's format with the data of a "City" product (GeoLite2 City, DB-IP City and others).
It is an estimate: good for "that was not me", never for a proof.

Spec: MaxMind DB File Format 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb
import structlog
from django.conf import settings
from django.utils.translation import get_language

log = structlog.get_logger(__name__)
FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True)
class Place:
    """At least one of the two names is there."""

    city: str
    country: str

    def __str__(self) -> str:
        return ", ".join(name for name in (self.city, self.country) if name)


def place_of(address: str | None) -> Place | None:
    """In the language of the reader; None without a database, and for an address that it does not know."""
    path: Path | None = settings.GEOIP_PATH
    if path is None or not address:
        return None
    try:
        found = _reader(path, *_version(path)).get(address)
    except ValueError:
        return None  # an address of a family that the database does not hold
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        # A page without places is better than no page.
        log.warning("places.unreadable", path=str(path), error=str(error))
        return None
    return _place(found) if isinstance(found, dict) else None


def _version(path: Path) -> tuple[int, int, int]:
    """Changes when the file is replaced, as its publisher does every few days."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=1)
def _reader(path: Path, *version: int) -> maxminddb.Reader:
    return maxminddb.open_database(str(path))


def _place(found: dict[str, Any]) -> Place | None:
    place = Place(city=_name(found.get("city")), country=_name(found.get("country")))
    return place if place.city or place.country else None


def _name(entry: Any) -> str:
    names = entry.get("names") if isinstance(entry, dict) else None
    if not isinstance(names, dict):
        return ""
    language = get_language() or FALLBACK_LANGUAGE
    for wanted in (language, language.partition("-")[0], FALLBACK_LANGUAGE):
        if isinstance(name := names.get(wanted), str):
            return name
    return ""
