"""The Merkle tree of the log, grown at its right edge without its old leaves, and proofs about it.

A compact range keeps the roots of the perfect subtrees of a tree, the largest and leftmost first; their sizes
are the set bits of the tree's size. Spec: RFC 9162 §2.1 (the same hashes as RFC 6962).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from apps.audit.constants import HASH_BYTES

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()
KEPT_HEIGHT = 8
"""Roots of subtrees of this height, of twice this height, and so on, are kept: a proof reads them in place of
the leaves."""

RootOf = Callable[[int, int], bytes]
"""The root over the leaves from the first index up to, and without, the second."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


class Subtree(NamedTuple):
    """A perfect subtree over the leaves from `position << height` on, where height is level * KEPT_HEIGHT."""

    level: int
    position: int
    root: bytes


@dataclass(frozen=True)
class CompactRange:
    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.nodes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees")

    @classmethod
    def from_bytes(cls, size: int, frontier: bytes) -> "CompactRange":
        """Raises: ValueError when the frontier cannot belong to a tree of that size."""
        if size < 0 or len(frontier) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"{len(frontier)} bytes are no frontier of {size} leaves")
        return cls(size, split_hashes(frontier))

    def to_bytes(self) -> bytes:
        return b"".join(self.nodes)

    def extended(self, leaves: Iterable[bytes]) -> "CompactRange":
        """The range with these leaf hashes added at the right."""
        return self.grown(leaves)[0]

    def grown(self, leaves: Iterable[bytes]) -> tuple["CompactRange", list[Subtree]]:
        """As `extended`, with the subtrees to be kept that these leaves complete."""
        size, nodes = self.size, list(self.nodes)
        completed: list[Subtree] = []
        for leaf in leaves:
            node, rest, height = leaf, size, 0
            while rest & 1:
                node = node_hash(nodes.pop(), node)
                rest >>= 1
                height += 1
                if not height % KEPT_HEIGHT:
                    completed.append(Subtree(height // KEPT_HEIGHT, rest, node))
            nodes.append(node)
            size += 1
        return CompactRange(size, tuple(nodes)), completed

    def joined(self, root: bytes, leaf_count: int) -> "CompactRange":
        """The range with a perfect subtree added at the right, where one of its size can stand."""
        nodes, rest = list(self.nodes), self.size // leaf_count
        while rest & 1:
            root = node_hash(nodes.pop(), root)
            rest >>= 1
        return CompactRange(self.size + leaf_count, (*nodes, root))

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = node_hash(left, root)
        return root


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES))


def inclusion_proof(index: int, tree_size: int, root_of: RootOf) -> list[bytes]:
    """The siblings on the way from a leaf, counted from 0, to the root. Spec: RFC 9162 §2.1.3.1

    Raises: ValueError when the tree has no such leaf.
    """
    if not 0 <= index < tree_size:
        raise ValueError(f"a tree of {tree_size} leaves has no leaf {index}")
    siblings: list[tuple[int, int]] = []
    start, end = 0, tree_size
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [root_of(*span) for span in reversed(siblings)]


def consistency_proof(first_size: int, second_size: int, root_of: RootOf) -> list[bytes]:
    """That the second tree begins with the leaves of the first. Spec: RFC 9162 §2.1.4.1

    Raises: ValueError when the first is empty or the larger one.
    """
    if not 0 < first_size <= second_size:
        raise ValueError(f"nothing is proven from {first_size} to {second_size} leaves")
    spans: list[tuple[int, int]] = []
    start, end = 0, second_size
    while end > first_size:
        middle = start + _left_size(end - start)
        if first_size <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:
        # Otherwise it is the first root itself, which the verifier has.
        spans.append((start, end))
    return [root_of(*span) for span in reversed(spans)]


def perfect_spans(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest perfect subtrees that together cover these leaves, from left to right."""
    while start < end:
        size = 1 << ((end - start).bit_length() - 1)
        if start:
            size = min(size, start & -start)
        yield start, start + size
        start += size


def is_included(*, leaf: bytes, index: int, tree_size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Spec: RFC 9162 §2.1.3.2"""
    if not 0 <= index < tree_size:
        return False
    node, place, last = leaf, index, tree_size - 1
    for sibling in proof:
        if not last:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            place, last = _past_levels_without_sibling(place, last)
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return not last and node == root


def is_consistent(
    *, first_size: int, first_root: bytes, second_size: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Spec: RFC 9162 §2.1.4.2"""
    if not 0 < first_size <= second_size:
        return False
    if first_size == second_size:
        return not proof and first_root == second_root
    is_perfect = first_size.bit_count() == 1
    path = [first_root, *proof] if is_perfect else list(proof)
    if not path:
        return False
    place, last = first_size - 1, second_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for node in path[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            first, second = node_hash(node, first), node_hash(node, second)
            place, last = _past_levels_without_sibling(place, last)
        else:
            second = node_hash(second, node)
        place, last = place >> 1, last >> 1
    return not last and first == first_root and second == second_root


def _left_size(size: int) -> int:
    """The largest power of two below `size`: what stands left of the split."""
    return 1 << ((size - 1).bit_length() - 1)


def _past_levels_without_sibling(place: int, last: int) -> tuple[int, int]:
    """The right edge of a tree that is not perfect passes levels at which it has nothing to be hashed with."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last
