"""A line of a parcel's story, and the kinds of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from markupsafe import Markup

from tracking.words.catalog import N_


class Kind(StrEnum):
    SCAN = "scan"
    MESSAGE = "message"
    PROMISE = "promise"
    MONEY = "money"
    CASE = "case"
    STAFF = "staff"
    SHOPPER = "shopper"
    WEBHOOK = "webhook"


KINDS: Final[Mapping[Kind, str]] = {
    Kind.SCAN: N_("Scans"),
    Kind.MESSAGE: N_("Messages"),
    Kind.PROMISE: N_("Promises"),
    Kind.MONEY: N_("Compensation"),
    Kind.CASE: N_("Conversations"),
    Kind.STAFF: N_("Staff"),
    Kind.SHOPPER: N_("Shopper"),
    Kind.WEBHOOK: N_("Posts to the shop"),
}
AT_FIRST: Final = frozenset(Kind) - {Kind.WEBHOOK}
"""What is shown before anybody chooses."""


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
