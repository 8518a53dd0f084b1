"""UUIDs in the order of their making: version 7 of RFC 9562, which Python 3.11 does not have."""

import secrets
from datetime import datetime
from uuid import UUID

_RANDOM = 74  # bits
_VARIANT = 0b10


def uuid7s(now: datetime, count: int) -> list[UUID]:
    """So many new ids of this millisecond, each greater than the one before."""
    milliseconds = int(now.timestamp() * 1000)
    first = secrets.randbits(_RANDOM - 1)  # one bit less, so that counting on never overflows
    return [_uuid7(milliseconds, first + number) for number in range(count)]


def uuid7(now: datetime) -> UUID:
    return uuid7s(now, 1)[0]


def _uuid7(milliseconds: int, rest: int) -> UUID:
    high, low = divmod(rest, 1 << 62)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | _VARIANT << 62 | low)
