import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.audit.checkpoint import Checkpoint

CHECKPOINT = Checkpoint(
    origin="id.example.com/audit",
    number=12,
    tree_size=4711,
    root_hash=b"r" * 32,
    previous_chain_hash=b"p" * 32,
    sealed_at=datetime(2026, 11, 23, 13, 29, 0, 123456, tzinfo=UTC),
)


def test_signed_text_has_exactly_this_form() -> None:
    # Frozen: every signature ever made depends on it.
    assert CHECKPOINT.signed_text().decode() == (
        "id.example.com/audit\n"
        "4711\n"
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n"
        "number 12\n"
        "previous cHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHA=\n"
        "sealed-at 2026-11-23T13:29:00.123456Z\n"
    )


def test_chain_hash_is_the_sha256_of_the_signed_text() -> None:
    assert CHECKPOINT.chain_hash() == hashlib.sha256(CHECKPOINT.signed_text()).digest()


CHANGES: dict[str, Any] = {
    "origin": "other.example.com/audit",
    "number": 13,
    "tree_size": 4712,
    "root_hash": b"x" * 32,
    "previous_chain_hash": b"x" * 32,
    "sealed_at": CHECKPOINT.sealed_at + timedelta(microseconds=1),
}


@pytest.mark.parametrize("change", CHANGES.items(), ids=CHANGES)
def test_every_field_enters_the_signed_text(change: tuple[str, Any]) -> None:
    name, value = change
    assert replace(CHECKPOINT, **{name: value}).signed_text() != CHECKPOINT.signed_text()
