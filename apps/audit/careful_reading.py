"""Reading rows that somebody may have written past the program, so that one of them does not hide the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import OperationalError

Key = TypeVar("Key")
Row = TypeVar("Row")

# What drivers, field converters and the canonical form raise for values that the program never writes: years before
# our era, endless numbers, bottomless nesting, and on SQLite any type in any column.
UNREADABLE = (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, ValidationError)
_NOT_UTF8 = "Could not decode to UTF-8"


def readable_rows(
    keys: Sequence[Key], read: Callable[[Sequence[Key]], list[Row]]
) -> tuple[list[Row], list[Key]]:
    """The rows of `keys` in their order, and the keys whose rows cannot be read.

    One call of `read` when all is well; otherwise halves of the keys, down to the single rows at fault.
    """
    if not keys:
        return [], []
    try:
        return read(keys), []
    except UNREADABLE:
        pass
    except OperationalError as error:
        if _NOT_UTF8 not in str(error):
            raise
    if len(keys) == 1:
        return [], [keys[0]]
    middle = len(keys) // 2
    first_rows, first_unreadable = readable_rows(keys[:middle], read)
    last_rows, last_unreadable = readable_rows(keys[middle:], read)
    return first_rows + last_rows, first_unreadable + last_unreadable


def binary(value: object) -> bytes:
    """The value of a binary column. Raises: TypeError for what SQLite let in instead."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{type(value).__name__} in a binary column")
    return bytes(value)
