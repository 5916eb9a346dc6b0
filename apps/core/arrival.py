"""A request on its way in: whether it has arrived whole, before a thread is given to it. Spec: RFC 9112 §2, §6."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote

LONGEST_LINE = 8_190
LONGEST_HEAD = 32_768
HEAD_END = b"\r\n\r\n"
# A length of more digits is a mistake or an attack: the parser refuses it or the limits do, without reading a body.
LENGTH_DIGITS = 12


class Stage(Enum):
    HEAD = "the head is still coming"
    BODY = "the body is still coming"
    WHOLE = "all of it is here"
    UNREAD = "the head is here, and the body shall not be waited for"
    LINE_TOO_LONG = "the request line is too long"
    HEAD_TOO_LARGE = "the head is too large"


@dataclass
class Arrival:
    """Bytes of one connection up to the end of its next request; bytes of the one after may follow.

    A body is waited for when its length is declared and at most the `longest_body`, in bytes, of its path. A longer
    one, and one sent in chunks, is left unread: the application refuses both by their head.
    """

    longest_body: Callable[[str], int]
    data: bytearray = field(default_factory=bytearray)
    stage: Stage = Stage.HEAD
    expects_continue: bool = False
    _whole_at: int = 0

    @property
    def is_waited_for(self) -> bool:
        return self.stage in {Stage.HEAD, Stage.BODY}

    def feed(self, more: bytes) -> None:
        searched = max(0, len(self.data) - len(HEAD_END) + 1)
        self.data += more
        if self.stage is Stage.HEAD:
            self._read_head(searched)
        if self.stage is Stage.BODY and len(self.data) >= self._whole_at:
            self.stage = Stage.WHOLE

    def _read_head(self, searched: int) -> None:
        while self.data.startswith(b"\r\n"):  # empty lines before a request are skipped (RFC 9112 §2.2)
            del self.data[:2]
            searched = 0
        end = self.data.find(HEAD_END, searched)
        if b"\r\n" not in self.data[: LONGEST_LINE + 2] and len(self.data) >= LONGEST_LINE + 2:
            self.stage = Stage.LINE_TOO_LONG
        elif end > LONGEST_HEAD or (end < 0 and len(self.data) > LONGEST_HEAD):
            self.stage = Stage.HEAD_TOO_LARGE
        elif end >= 0:
            self._read_framing(end)

    def _read_framing(self, end: int) -> None:
        lengths = []
        chunked = False
        request_line, *fields = bytes(self.data[:end]).split(b"\r\n")
        for line in fields:
            name, _, value = line.partition(b":")
            name, value = name.strip().lower(), value.strip()
            if name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"expect":
                # Of HTTP/1.0 it must be ignored (RFC 9110 §10.1.1).
                self.expects_continue = value.lower() == b"100-continue" and request_line.endswith(
                    b"HTTP/1.1"
                )
        length = _declared(lengths)
        if chunked or length is None or length > self.longest_body(_path(request_line)):
            self.stage = Stage.UNREAD
        else:
            self.stage = Stage.BODY
            self._whole_at = end + len(HEAD_END) + length


def _path(request_line: bytes) -> str:
    """As the application sees it; of anything but a path "/", for which most is allowed."""
    _method, _, rest = request_line.partition(b" ")
    path = unquote(rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1"), encoding="latin-1")
    return path if path.startswith("/") else "/"


def _declared(lengths: list[bytes]) -> int | None:
    """None where no single plain number is declared: what is wrong with it, the parser says."""
    if not lengths:
        return 0
    if len(lengths) > 1 or not lengths[0].isdigit() or len(lengths[0]) > LENGTH_DIGITS:
        return None
    return int(lengths[0])
