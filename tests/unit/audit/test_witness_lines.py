import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.checkpoint import Checkpoint
from apps.audit.ports import AuditSignature
from apps.audit.witness import WitnessedCheckpoint, parse_line, witness_line

CHECKPOINT = Checkpoint(
    origin="id.example.com/audit",
    number=12,
    tree_size=4711,
    root_hash=b"r" * 32,
    previous_chain_hash=b"p" * 32,
    sealed_at=datetime(2026, 11, 23, 13, 29, 0, 123456, tzinfo=UTC),
)
SIGNATURE = AuditSignature(key_id="k", algorithm="Ed25519", value=b"s" * 64)
PLAIN = {"event": "audit_checkpoint", "number": 12, "tree_size": 4711, "root": "72" * 32}


def test_witness_line_gives_back_what_was_signed() -> None:
    assert parse_line(witness_line(CHECKPOINT, SIGNATURE)) == WitnessedCheckpoint(
        12, 4711, "72" * 32, CHECKPOINT.signed_text(), SIGNATURE
    )


@pytest.mark.parametrize("before", ["", "worker-1  | ", "2026-11-23T13:29:00Z stderr F "])
def test_line_of_a_process_log_is_understood_behind_any_prefix(before: str) -> None:
    assert parse_line(before + json.dumps(PLAIN)) == WitnessedCheckpoint(12, 4711, "72" * 32)


@pytest.mark.parametrize(
    "line", ["", "audit_checkpoint", '{"event": "x", "about": "audit_checkpoint"}', "{}"]
)
def test_line_about_something_else_names_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    "change",
    [
        {"number": "12"},
        {"number": True},
        {"number": 0},
        {"number": 2**63},
        {"tree_size": None},
        {"root": 7},
        {"signed_text": "other"},
    ],
)
def test_line_that_names_a_checkpoint_badly_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"missing|number|another"):
        parse_line(json.dumps(PLAIN | change))


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        parse_line('{"event": "audit_checkpoint"' + text)
    except ValueError:
        return


def test_bottomless_nesting_is_refused() -> None:
    with pytest.raises(ValueError, match="deeply"):
        parse_line('{"event": "audit_checkpoint", "a": ' + "[" * 100_000)
