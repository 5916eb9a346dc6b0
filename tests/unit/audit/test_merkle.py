from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.merkle import EMPTY_ROOT, CompactRange, leaf_hash, node_hash, split_hashes
from tests.unit.audit.merkle_vectors import ENTRIES, ROOTS


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of the RFC, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


@pytest.mark.spec("RFC 9162", "2.1.1")
@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_root_of_the_shared_test_vectors(size: int) -> None:
    tree = CompactRange().extended(leaf_hash(entry) for entry in ENTRIES[:size])
    assert tree.root().hex() == ROOTS[size]


leaves_of_a_tree = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


@given(leaves=leaves_of_a_tree)
def test_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert CompactRange().extended(leaves).root() == root_by_definition(leaves)


@given(leaves=leaves_of_a_tree, data=st.data())
def test_growing_in_batches_gives_the_same_tree_as_growing_at_once(
    leaves: list[bytes], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    kept = CompactRange().extended(leaves[:cut])
    read_back = CompactRange.from_bytes(kept.size, kept.to_bytes())
    assert read_back.extended(leaves[cut:]) == CompactRange().extended(leaves)


@given(leaves=leaves_of_a_tree.filter(bool), data=st.data())
def test_any_changed_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    changed = list(leaves)
    changed[place] = bytes([changed[place][0] ^ 1]) + changed[place][1:]
    assert CompactRange().extended(changed).root() != CompactRange().extended(leaves).root()


@pytest.mark.parametrize(("size", "length"), [(1, 0), (0, 32), (3, 32), (4, 31), (-1, 32)])
def test_frontier_that_cannot_belong_to_the_size_is_refused(size: int, length: int) -> None:
    with pytest.raises(ValueError, match="frontier"):
        CompactRange.from_bytes(size, bytes(length))


def test_a_leaf_cannot_pass_for_an_inner_node() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_joined_hashes_split_into_what_was_joined() -> None:
    hashes = tuple(leaf_hash(entry) for entry in ENTRIES)
    assert split_hashes(b"".join(hashes)) == hashes
