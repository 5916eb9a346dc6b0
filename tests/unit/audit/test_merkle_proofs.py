import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.merkle import (
    KEPT_HEIGHT,
    CompactRange,
    Subtree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    perfect_spans,
)
from tests.unit.audit.merkle_vectors import ENTRIES, ROOTS

# Known answers of the Certificate Transparency implementations, over the eight shared entries.
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SIZES = [*range(1, 71), 127, 128, 129, 255, 256, 257, 300]


def made_leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(size)]


def root_in(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    return lambda start, end: CompactRange().extended(leaves[start:end]).root()


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH of the RFC over hashed leaves, on hashlib alone."""
    if len(entries) == 1:
        return entries[0]
    split = max(1 << bit for bit in range(len(entries).bit_length()) if 1 << bit < len(entries))
    return hashlib.sha256(b"\x01" + mth(entries[:split]) + mth(entries[split:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of the RFC, word for word."""
    if len(leaves) == 1:
        return []
    split = max(1 << bit for bit in range(len(leaves).bit_length()) if 1 << bit < len(leaves))
    if index < split:
        return [*path(index, leaves[:split]), mth(leaves[split:])]
    return [*path(index - split, leaves[split:]), mth(leaves[:split])]


def subproof(size: int, leaves: Sequence[bytes], is_whole: bool) -> list[bytes]:
    """SUBPROOF of the RFC, word for word."""
    if size == len(leaves):
        return [] if is_whole else [mth(leaves)]
    split = max(1 << bit for bit in range(len(leaves).bit_length()) if 1 << bit < len(leaves))
    if size <= split:
        return [*subproof(size, leaves[:split], is_whole), mth(leaves[split:])]
    return [*subproof(size - split, leaves[split:], False), mth(leaves[:split])]


@pytest.mark.spec("RFC 9162", "2.1.3.1")
@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proof_of_the_shared_vectors(index: int, size: int, proof: list[str]) -> None:
    made = inclusion_proof(index, size, root_in(LEAVES))
    assert [node.hex() for node in made] == proof
    root = bytes.fromhex(ROOTS[size])
    assert is_included(leaf=LEAVES[index], index=index, tree_size=size, proof=made, root=root)


@pytest.mark.spec("RFC 9162", "2.1.4.1")
@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCY)
def test_consistency_proof_of_the_shared_vectors(first: int, second: int, proof: list[str]) -> None:
    made = consistency_proof(first, second, root_in(LEAVES))
    assert [node.hex() for node in made] == proof
    first_root, second_root = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second])
    assert is_consistent(
        first_size=first, first_root=first_root, second_size=second, second_root=second_root, proof=made
    )


@pytest.mark.spec("RFC 9162", "2.1.3.2")
@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proven_at_its_place_and_at_no_other(size: int) -> None:
    leaves = made_leaves(size)
    root = mth(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(index, size, root_in(leaves))
        if size < 70:
            assert proof == path(index, leaves)
        assert is_included(leaf=leaf, index=index, tree_size=size, proof=proof, root=root)
        for other in {0, index - 1, index + 1, index ^ 2, size - 1, size} - {index}:
            assert not is_included(leaf=leaf, index=other, tree_size=size, proof=proof, root=root)


@pytest.mark.spec("RFC 9162", "2.1.4.2")
@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_tree_is_proven_to_be_the_beginning(size: int) -> None:
    leaves = made_leaves(size)
    root = mth(leaves)
    for first in range(1, size + 1):
        proof = consistency_proof(first, size, root_in(leaves))
        if size < 70:
            assert proof == subproof(first, leaves, True)
        first_root = mth(leaves[:first])
        assert is_consistent(
            first_size=first, first_root=first_root, second_size=size, second_root=root, proof=proof
        )
        assert not is_consistent(
            first_size=first,
            first_root=leaf_hash(first_root),
            second_size=size,
            second_root=root,
            proof=proof,
        )


def flipped(value: bytes, bit: int) -> bytes:
    bit %= len(value) * 8
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")


@given(size=st.integers(1, 400), data=st.data())
def test_one_bit_changed_anywhere_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = made_leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, root_in(leaves))
    parts = [leaves[index], mth(leaves), *proof]
    changed = data.draw(st.integers(0, len(parts) - 1))
    parts[changed] = flipped(parts[changed], data.draw(st.integers(0, 255)))
    leaf, root, *rest = parts
    assert not is_included(leaf=leaf, index=index, tree_size=size, proof=rest, root=root)


@given(size=st.integers(2, 400), data=st.data())
def test_one_bit_changed_anywhere_makes_trees_inconsistent(size: int, data: st.DataObject) -> None:
    leaves = made_leaves(size)
    first = data.draw(st.integers(1, size - 1))
    parts = [mth(leaves[:first]), mth(leaves), *consistency_proof(first, size, root_in(leaves))]
    changed = data.draw(st.integers(0, len(parts) - 1))
    parts[changed] = flipped(parts[changed], data.draw(st.integers(0, 255)))
    first_root, root, *rest = parts
    assert not is_consistent(
        first_size=first, first_root=first_root, second_size=size, second_root=root, proof=rest
    )


@given(size=st.integers(1, 200), data=st.data())
def test_proof_with_a_node_too_many_or_too_few_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = made_leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, root_in(leaves))
    wrong = [[*proof, mth(leaves)], [mth(leaves), *proof], *([proof[1:], proof[:-1]] if proof else [])]
    for nodes in wrong:
        assert not is_included(leaf=leaves[index], index=index, tree_size=size, proof=nodes, root=mth(leaves))


def test_tree_that_lost_a_leaf_does_not_go_on_from_the_earlier_one() -> None:
    leaves = made_leaves(20)
    without = leaves[:4] + leaves[5:]
    proof = consistency_proof(10, len(without), root_in(without))
    assert not is_consistent(
        first_size=10,
        first_root=mth(leaves[:10]),
        second_size=len(without),
        second_root=mth(without),
        proof=proof,
    )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_leaf_that_the_tree_does_not_have_is_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, root_in(LEAVES))
    assert not is_included(leaf=LEAVES[0], index=index, tree_size=size, proof=[], root=LEAVES[0])


@pytest.mark.parametrize(("first", "second"), [(0, 4), (5, 4), (-1, 4)])
def test_nothing_is_proven_of_an_empty_or_a_longer_tree(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="nothing is proven"):
        consistency_proof(first, second, root_in(LEAVES))
    assert not is_consistent(
        first_size=first, first_root=LEAVES[0], second_size=second, second_root=LEAVES[0], proof=[]
    )


def test_each_completed_subtree_is_given_once_with_its_root() -> None:
    leaves = made_leaves((1 << 16) + 700)
    tree, completed = CompactRange().grown(leaves[:300])
    for start in range(300, len(leaves), 4999):
        tree, more = tree.grown(leaves[start : start + 4999])
        completed += more
    low = 1 << KEPT_HEIGHT
    expected = [
        Subtree(1, number, mth(leaves[number * low : (number + 1) * low]))
        for number in range(len(leaves) // low)
    ]
    assert [subtree for subtree in completed if subtree.level == 1] == expected
    assert [subtree for subtree in completed if subtree.level > 1] == [Subtree(2, 0, mth(leaves[: 1 << 16]))]


@given(size=st.integers(1, 300), data=st.data())
def test_leaves_and_the_subtrees_beside_them_give_the_root(size: int, data: st.DataObject) -> None:
    leaves = made_leaves(size)
    shown = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=20)))
    tree = CompactRange()
    for index in [*shown, size]:
        for start, end in perfect_spans(tree.size, index):
            tree = tree.joined(mth(leaves[start:end]), end - start)
        assert tree.size == index
        tree = tree.extended(leaves[index : index + 1])
    assert tree.root() == mth(leaves)


@given(start=st.integers(0, 5000), length=st.integers(0, 5000))
def test_perfect_spans_cover_the_leaves_and_are_as_large_as_can_be(start: int, length: int) -> None:
    spans = list(perfect_spans(start, start + length))
    assert [number for span in spans for number in range(*span)] == list(range(start, start + length))
    sizes = [end - first for first, end in spans]
    assert all(
        size.bit_count() == 1 and first % size == 0 for (first, _), size in zip(spans, sizes, strict=True)
    )
    # No two beside each other are the halves of a larger one.
    assert not any(
        sizes[place] == sizes[place + 1] and spans[place][0] % (2 * sizes[place]) == 0
        for place in range(len(spans) - 1)
    )
