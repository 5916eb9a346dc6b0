"""How often things may be tried: the limits by name, with the numbers that hold unless RATE_LIMITS says others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAXIMUM_QUOTA = 1_000_000
MAXIMUM_SECONDS = 7 * 86_400
FORM = re.compile(
    r"(?P<name>[a-z-]+)=(?P<quota>\d{1,9})/(?P<window>\d{1,9})(?:/(?P<block>\d{1,9}))?", re.ASCII
)


@dataclass(frozen=True)
class Numbers:
    """More than `quota` within the window is refused for the block; both in seconds."""

    quota: int
    window: int
    block: int

    def __str__(self) -> str:
        return f"{self.quota}/{self.window}/{self.block}"


@dataclass(frozen=True)
class Limit:
    """One documented limit; docs/operators/settings.md is generated from these."""

    name: str
    numbers: Numbers
    counts: str
    answer: str


LIMITS = (
    Limit(
        "sign-in",
        Numbers(10, 60, 300),
        "credentials submitted, for an address and a name together",
        "429",
    ),
    Limit(
        # An office behind one address signs in at nine o'clock.
        "sign-in-address",
        Numbers(120, 60, 300),
        "credentials submitted from one address",
        "429",
    ),
    Limit(
        # The fifth failure begins the block.
        "client-authentication",
        Numbers(4, 900, 3600),
        "failures to authenticate as a client, for the client and the address together",
        "429",
    ),
    Limit(
        # A few links are enough for anybody; more of them would only fill a mailbox.
        "password-reset",
        Numbers(5, 3600, 3600),
        "links for a forgotten password, for an account",
        "none is sent; the page says the same as ever",
    ),
    Limit("password-reset-address", Numbers(30, 900, 900), "the same, from one address", "429"),
    Limit(
        "address-verification",
        Numbers(5, 3600, 3600),
        "links to confirm one's mailbox, for a person",
        "no further one, and the page says so",
    ),
    Limit(
        "address-change",
        Numbers(5, 3600, 3600),
        "changes of one's own address, for a person",
        "no further one, and the page says so",
    ),
    Limit(
        # Whoever writes a stranger's address fills no mailbox of theirs.
        "address-change-to",
        Numbers(3, 86_400, 86_400),
        "the same, to one new address, whoever asks",
        "no further mail there",
    ),
    Limit(
        # Anybody who knows its id may push for a public client: what they leave must not fill the table.
        "pushed-requests",
        Numbers(120, 60, 60),
        "authorization requests pushed for a public client, for the client and the address together",
        "429",
    ),
    Limit("api", Numbers(60, 60, 60), "calls of the API, for a token's person or client", "429"),
)
DEFAULTS: Mapping[str, Numbers] = MappingProxyType({limit.name: limit.numbers for limit in LIMITS})


def numbers_with(overrides: list[str]) -> dict[str, Numbers]:
    """The numbers of every limit. An override that gives no block keeps the one there is.

    Raises: ValueError, whose text says what is wrong with which override.
    """
    found: dict[str, Numbers] = {}
    for override in overrides:
        match = FORM.fullmatch(override)
        if match is None:
            raise ValueError(
                f"holds {override!r}; expected name=quota/window or name=quota/window/block, in seconds"
            )
        name = match["name"]
        if name not in DEFAULTS:
            raise ValueError(f"names {name!r}; there are {', '.join(DEFAULTS)}")
        if name in found:
            raise ValueError(f"names {name} twice")
        numbers = Numbers(
            int(match["quota"]), int(match["window"]), int(match["block"] or DEFAULTS[name].block)
        )
        if not 1 <= numbers.quota <= MAXIMUM_QUOTA:
            raise ValueError(f"holds {override!r}; expected a quota of 1 to {MAXIMUM_QUOTA}")
        if not all(1 <= seconds <= MAXIMUM_SECONDS for seconds in (numbers.window, numbers.block)):
            raise ValueError(f"holds {override!r}; expected spans of 1 to {MAXIMUM_SECONDS} seconds")
        found[name] = numbers
    return {**DEFAULTS, **found}
