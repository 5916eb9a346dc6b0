"""What production pays rarely and tests always: Argon2id of full strength, a list of all files for each browser."""

from collections.abc import Callable

import pytest
from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Redirect, StaticFile

from apps.directory.password_hashing import OwaspArgon2Hasher


def hash_passwords_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with the smallest parameters there are; a running server keeps its own."""
    monkeypatch.setattr(OwaspArgon2Hasher, "memory_cost", 64)
    monkeypatch.setattr(OwaspArgon2Hasher, "time_cost", 1)


def hash_passwords_as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OwaspArgon2Hasher, "memory_cost", settings.ARGON2["memory_kib"])
    monkeypatch.setattr(OwaspArgon2Hasher, "time_cost", settings.ARGON2["passes"])


def list_static_files_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test client makes the middleware anew for each browser, and WhiteNoise then reads every file's date."""
    listed: dict[str, StaticFile | Redirect] = {}
    read_all: Callable[[WhiteNoiseMiddleware], None] = WhiteNoiseMiddleware.add_files_from_finders

    def add_files_from_finders(middleware: WhiteNoiseMiddleware) -> None:
        if not listed:
            read_all(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    monkeypatch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
