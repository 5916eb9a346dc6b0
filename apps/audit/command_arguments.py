"""Arguments of the commands about the log, as argparse reads them."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, time

from django.utils.dateparse import parse_date, parse_datetime

from apps.audit.constants import ACTION_LENGTH, MAX_NUMBER

ACTION = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def checkpoint_number(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_NUMBER))
    if not is_number or not 0 < int(text) <= MAX_NUMBER:
        raise ArgumentTypeError(f"{text!r} is no number of a checkpoint")
    return int(text)


def moment(text: str) -> datetime:
    """A date, which begins at midnight UTC, or a time with its offset."""
    try:
        day = parse_date(text)
        at = datetime.combine(day, time(), UTC) if day else parse_datetime(text)
        at = at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    if at is None or at < EARLIEST:
        raise ArgumentTypeError(
            f"{text!r} is neither a date such as 2026-11-23 nor a time such as 2026-11-23T13:00:00Z"
        )
    return at


def action(text: str) -> str:
    if len(text) > ACTION_LENGTH or not ACTION.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is no action such as session.started")
    return text
