"""How much a repeating test repeats: little in every run, a lot under `make soak`."""

import os

IS_SOAK = os.environ.get("SOAK") == "1"


def times(few: int, *, soak: int) -> int:
    return soak if IS_SOAK else few
