"""Moments one after another, so that what is set up in one go can still be read in order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

Clock = Callable[[], datetime]
STEP = timedelta(microseconds=500)


def ticking_from(start: datetime) -> Clock:
    """Each call is half a millisecond later: enough for ids that sort by time."""
    steps = count()
    return lambda: start + next(steps) * STEP
