"""The log's Merkle tree as the database holds it: leaves in the seal rows, and roots of some of the subtrees above.

Any root is worked out from at most 128 hashes for each perfect subtree in it. Rows are read in pages, of which
one for each level is kept, so that memory does not depend on the size of the log.
"""

from collections.abc import Iterator, Sequence

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce

from apps.audit.careful_reading import binary
from apps.audit.errors import LogDoesNotVerify
from apps.audit.merkle import KEPT_HEIGHT, CompactRange, Subtree, node_hash
from apps.audit.models import SealBatch, SealedEvent, SealSubtree
from apps.audit.shown_rows import IsNumber

ONE_PROOF = 1 << KEPT_HEIGHT
"""Hashes in a page: all that a proof about one leaf needs of a level, but for the right edge."""
LONG_WALK = 4096
MAX_LEVEL = 63 // KEPT_HEIGHT


class StoredTree:
    """Roots of spans of leaves. Nothing of it is trusted: hold what comes out against a signed root."""

    def __init__(self, *, page_size: int = ONE_PROOF) -> None:
        """`page_size` is a multiple of ONE_PROOF."""
        self._page_size = page_size
        self._pages: dict[int, tuple[int, dict[int, bytes]]] = {}

    def root(self, start: int, end: int) -> bytes:
        """The root over a span that is a node of the tree: perfect, or at the tree's right edge.

        Raises: LogDoesNotVerify when rows are missing.
        """
        pieces: list[bytes] = []
        rest = end - start
        while rest:
            height = rest.bit_length() - 1
            pieces.append(self._perfect_root(start, height))
            start += 1 << height
            rest -= 1 << height
        root = pieces.pop()
        while pieces:
            root = node_hash(pieces.pop(), root)
        return root

    def _perfect_root(self, start: int, height: int) -> bytes:
        level = height // KEPT_HEIGHT
        first = start >> (level * KEPT_HEIGHT)
        count = 1 << (height % KEPT_HEIGHT)
        page = self._page(level, first // self._page_size)
        try:
            hashes = [page[position] for position in range(first, first + count)]
        except KeyError as error:
            what = "the seal row" if level == 0 else f"the root of level {level} at position"
            number = int(str(error)) + (level == 0)
            raise LogDoesNotVerify(f"{what} {number} is missing") from error
        return CompactRange().extended(hashes).root()

    def _page(self, level: int, number: int) -> dict[int, bytes]:
        held = self._pages.get(level)
        if held is not None and held[0] == number:
            return held[1]
        first = number * self._page_size
        span = (first, first + self._page_size - 1)
        rows = _leaves(*span) if level == 0 else _subtree_roots(level, *span)
        page = {position: binary(value) for position, value in rows}
        self._pages[level] = (number, page)
        return page


def stored_beside(subtrees: Sequence[Subtree]) -> Iterator[tuple[Subtree, bytes]]:
    """Each of these subtrees, which one batch completed, with the root that is kept for it; empty if none is."""
    for level in sorted({subtree.level for subtree in subtrees}):
        of_level = [subtree for subtree in subtrees if subtree.level == level]
        kept = dict(_subtree_roots(level, of_level[0].position, of_level[-1].position))
        for subtree in of_level:
            value = kept.get(subtree.position)
            # On SQLite a column can hold what is no binary value at all.
            yield subtree, bytes(value) if isinstance(value, (bytes, memoryview)) else b""


def misplaced_subtrees() -> Iterator[tuple[object, object]]:
    """Level and position of each kept root that no checkpoint covers.

    One statement, so that a sealing under way is seen whole or not at all.
    """
    signed = SealBatch.objects.filter(IsNumber("pk")).order_by("-number").values("tree_size")[:1]
    size = Coalesce(Subquery(signed), 0)
    outside = ~Q(IsNumber("level")) | Q(level__gt=MAX_LEVEL) | Q(position__lt=0)
    for level in range(1, MAX_LEVEL + 1):
        outside |= Q(level=level, position__gte=size / (1 << (level * KEPT_HEIGHT)))
    misplaced = SealSubtree.objects.filter(outside).order_by("level", "position")
    yield from misplaced.values_list("level", "position").iterator()


def _leaves(first: int, last: int) -> Iterator[tuple[int, object]]:
    rows = SealedEvent.objects.filter(seal_number__range=(first + 1, last + 1))
    for number, leaf in rows.values_list("seal_number", "leaf_hash"):
        yield number - 1, leaf


def _subtree_roots(level: int, first: int, last: int) -> Iterator[tuple[int, object]]:
    rows = SealSubtree.objects.filter(level=level, position__range=(first, last))
    yield from rows.values_list("position", "root_hash")
