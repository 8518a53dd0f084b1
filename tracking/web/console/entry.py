"""A line of a parcel's story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup


class Kind(StrEnum):
    SCAN = "scan"
    MESSAGE = "message"
    PROMISE = "promise"
    MONEY = "money"
    CASE = "case"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the story. `at` orders it; `time` is None where only the day is known. `scan`: the
    key by which it can be taken back.
    """

    at: datetime
    kind: Kind
    title: Markup
    state: Markup | None = None
    details: Sequence[Markup] = ()
    more: Sequence[Markup] = ()  # behind a tap: words as sent, codes, ids
    is_wrong: bool = False
    is_void: bool = False
    iso: str = ""
    time: Markup | None = None
    scan: str | None = None
