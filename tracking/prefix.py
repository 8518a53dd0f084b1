"""Ids as people type them: their first characters are enough where only one begins so."""

import re
from typing import NamedTuple, TypeVar
from uuid import UUID

from tracking.errors import KlatError

T = TypeVar("T")
_DIGITS = re.compile(r"[0-9a-f]{1,32}")


class UuidRange(NamedTuple):
    """All ids from the first to the last, both included."""

    first: UUID
    last: UUID


class NotAnId(KlatError):  # noqa: N818 - named for what was asked
    """Not an id or its first characters, as the list shows them."""


class Ambiguous(KlatError):  # noqa: N818 - named for what was found
    """More than one id begins like this; give more of its characters."""


def uuid_range(prefix: str) -> UuidRange:
    """The ids that begin with these characters. Raises NotAnId."""
    digits = prefix.strip().replace("-", "").lower()
    if not _DIGITS.fullmatch(digits):
        raise NotAnId
    return UuidRange(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))


def the_only(found: list[T], missing: KlatError) -> T:
    """The one that was found. Raises `missing`, Ambiguous."""
    if not found:
        raise missing
    if len(found) > 1:
        raise Ambiguous
    return found[0]
