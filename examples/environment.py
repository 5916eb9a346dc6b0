"""The only module of the samples that reads environment variables; their conf.py modules ask it."""

import os
from pathlib import Path
from urllib.parse import urlsplit


class ConfigurationError(Exception):
    """A variable is missing or malformed; the text says which one and what it should be."""


def text(name: str, default: str | None = None) -> str:
    """The variable, or the content of the file that NAME_FILE names.

    Raises: ConfigurationError when it is neither set nor has a default, or the named file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"{name}_FILE names {path}, which cannot be read: {error.strerror}"
            ) from error
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ConfigurationError(f"{name} is not set")
    return default


def address(name: str, default: str | None = None) -> str:
    """An absolute http(s) address without its trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} is {value!r}; expected an address such as http://localhost:8000")
    return value


def port(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise ConfigurationError(f"{name} is {value!r}; expected a number from 1 to 65535")
    return int(value)


def directory(name: str, default: str) -> Path:
    return Path(text(name, default)).expanduser().resolve()


def everything() -> dict[str, str]:
    """A copy of the whole environment, to hand on to child processes."""
    return dict(os.environ)
