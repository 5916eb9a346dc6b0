"""Reading rows that somebody may have written past the program, so that one of them does not hide the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import OperationalError

Key = TypeVar("Key")
Row = TypeVar("Row")
Read = TypeVar("Read")

# What drivers, field converters and the canonical form raise for values that the program never writes: years before
# our era, endless numbers, bottomless nesting, and on SQLite any type in any column.
UNREADABLE = (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, ValidationError)
# What SQLite says of such values; any other error of the database is one.
_ABOUT_VALUES = ("Could not decode to UTF-8", "malformed JSON", "user-defined function raised exception")


def readable_rows(
    keys: Sequence[Key], read: Callable[[Sequence[Key]], list[Row]]
) -> tuple[list[Row], list[Key]]:
    """The rows of `keys` in their order, and the keys whose rows cannot be read.

    One call of `read` when all is well; otherwise halves of the keys, down to the single rows at fault.
    """
    if not keys:
        return [], []
    read_at_once = or_unreadable(lambda: read(keys))
    if read_at_once is not None:
        return read_at_once, []
    if len(keys) == 1:
        return [], [keys[0]]
    middle = len(keys) // 2
    first_rows, first_unreadable = readable_rows(keys[:middle], read)
    last_rows, last_unreadable = readable_rows(keys[middle:], read)
    return first_rows + last_rows, first_unreadable + last_unreadable


def or_unreadable(read: Callable[[], Read]) -> Read | None:
    """What `read` gives; None when it meets a value that cannot be read."""
    try:
        return read()
    except UNREADABLE:
        return None
    except OperationalError as error:
        if not any(words in str(error) for words in _ABOUT_VALUES):
            raise
        return None


def binary(value: object) -> bytes:
    """The value of a binary column. Raises: TypeError for what SQLite let in instead."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{type(value).__name__} in a binary column")
    return bytes(value)
