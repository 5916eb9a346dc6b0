"""The Merkle tree of the log, grown at its right edge without its old leaves.

A compact range keeps the roots of the perfect subtrees of a tree, the largest and leftmost first; their sizes
are the set bits of the tree's size. Spec: RFC 9162 §2.1.1 (the same hashes as RFC 6962).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from apps.audit.constants import HASH_BYTES

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


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
        size, nodes = self.size, list(self.nodes)
        for leaf in leaves:
            node, rest = leaf, size
            while rest & 1:
                node = node_hash(nodes.pop(), node)
                rest >>= 1
            nodes.append(node)
            size += 1
        return CompactRange(size, tuple(nodes))

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = node_hash(left, root)
        return root


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES))
