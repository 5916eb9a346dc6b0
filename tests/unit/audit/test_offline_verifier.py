"""The verifier shares no code with the log; here the two are held against each other."""

import ast
import hashlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit import evidence_bundle, gatehouse_verify
from apps.audit.canonical import Json, canonical_json, storable
from apps.audit.merkle import CompactRange, consistency_proof

SOURCE = Path(gatehouse_verify.__file__).read_text(encoding="utf-8")
OLDEST_PYTHON = (3, 9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner),
    max_leaves=20,
)


def test_verifier_needs_nothing_but_python_and_cryptography() -> None:
    tree = ast.parse(SOURCE, feature_version=OLDEST_PYTHON)
    modules = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in modules} - sys.stdlib_module_names == {"cryptography"}


def test_verifier_keeps_to_what_python_3_9_knows() -> None:
    names = {node.attr for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Attribute)}
    assert not names & {"bit_count", "UTC", "removesuffixes", "StrEnum", "file_digest"}
    assert "from __future__ import annotations" in SOURCE
    assert "strict=" not in SOURCE


def test_names_are_those_that_the_export_writes() -> None:
    written = {
        getattr(evidence_bundle, name)
        for name in (
            *("MANIFEST", "MANIFEST_NOTE", "CHECKPOINT", "SINCE", "CONSISTENCY", "EVENTS", "SEALS"),
            *("INCLUSION", "KEYS", "README", "VERIFIER"),
        )
    }
    assert written == gatehouse_verify.KNOWN
    assert evidence_bundle.FORMAT == gatehouse_verify.FORMAT


@given(value=json_values)
def test_canonical_form_is_the_same_on_both_sides(value: Json) -> None:
    kept = storable(value)
    assert gatehouse_verify.canonical_json(kept) == canonical_json(kept)


def checkpoint(size: int, root: bytes) -> gatehouse_verify.Checkpoint:
    return gatehouse_verify.Checkpoint("", "", size, root, 1, "")


@given(second=st.integers(1, 200), data=st.data())
def test_consistency_is_judged_alike_on_both_sides(second: int, data: st.DataObject) -> None:
    leaves = [hashlib.sha256(str(number).encode()).digest() for number in range(second)]
    first = data.draw(st.integers(1, second))

    def root_of(start: int, end: int) -> bytes:
        return CompactRange().extended(leaves[start:end]).root()

    earlier, later = checkpoint(first, root_of(0, first)), checkpoint(second, root_of(0, second))
    proof = consistency_proof(first, second, root_of)
    assert gatehouse_verify.is_consistent(earlier, later, proof)
    assert not gatehouse_verify.is_consistent(earlier, later, [*proof, later.root])
    assert not gatehouse_verify.is_consistent(earlier._replace(root=bytes(32)), later, proof)
    assert not gatehouse_verify.is_consistent(earlier, later._replace(root=bytes(32)), proof)


@pytest.mark.spec("RFC 7638", "3")
def test_thumbprint_is_that_of_the_published_key() -> None:
    # The key and its thumbprint of RFC 8037, appendix A.
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert gatehouse_verify.thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
