"""UUIDv7: ids that sort by the time they were made. Spec: RFC 9562 §5.7."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

VERSION_7 = 0x7 << 76
VARIANT_RFC = 0b10 << 62
MILLISECONDS_SHIFT = 80
SUB_MILLISECOND_SHIFT = 64
RANDOM_BITS = 62


def _time_bits(at: datetime) -> int:
    """48 bits of Unix milliseconds and 12 bits of the fraction below (RFC 9562 §6.2, method 3)."""
    microseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    milliseconds, rest = divmod(microseconds, 1000)
    fraction = rest * 4096 // 1000
    return (milliseconds << MILLISECONDS_SHIFT) | (fraction << SUB_MILLISECOND_SHIFT)


_MICROSECOND = datetime.resolution


def uuid7(at: datetime | None = None) -> UUID:
    """A new id of the instant `at` (now by default); precise to about a quarter of a microsecond."""
    moment = at or datetime.now(UTC)
    return UUID(int=_time_bits(moment) | VERSION_7 | VARIANT_RFC | secrets.randbits(RANDOM_BITS))


def uuid7_with(at: datetime, random_bits: int) -> UUID:
    """The id of an instant with RANDOM_BITS that the caller has from elsewhere; for made-up data only."""
    return UUID(int=_time_bits(at) | VERSION_7 | VARIANT_RFC | random_bits)


def uuid7_floor(at: datetime) -> UUID:
    """The smallest id that `uuid7(at)` can give: a bound for ranges by time."""
    return UUID(int=_time_bits(at) | VERSION_7 | VARIANT_RFC)


def uuid7_time(value: UUID) -> datetime:
    """The instant in the id, to the millisecond. Raises: OverflowError, ValueError, for one that no uuid7 can have."""
    return datetime.fromtimestamp((value.int >> MILLISECONDS_SHIFT) / 1000, tz=UTC)


def is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
