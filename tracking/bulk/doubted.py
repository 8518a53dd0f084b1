"""What of the lines of a table is registered, and yet looks like a slip. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from schemas.api import ShipmentRegistration
from tracking.bulk.lines import Read
from tracking.doubts import Doubt, doubts
from tracking.mapping import near
from tracking.promises import told_by

_COLUMN: Final[Mapping[Doubt, str]] = {
    Doubt.CARRIER: "carrier",
    Doubt.PROMISE: "promise_by",
    Doubt.LANGUAGE: "language",
}


class Doubted(NamedTuple):
    """`near`: carriers that are written alike."""

    column: str
    doubt: Doubt
    near: Sequence[str] = ()


DoubtedLines = Mapping[int, Sequence[Doubted]]
"""By the number of the line; what has none is not in it."""


def doubted(read: Sequence[Read], carriers: AbstractSet[str], now: datetime) -> DoubtedLines:
    """`carriers`: from whom something may come."""

    @cache  # a file has few carriers and many lines
    def alike(code: str) -> Sequence[str]:
        return near(code, carriers)

    def of(body: ShipmentRegistration) -> Iterator[Doubted]:
        promise = told_by(body, now)
        for each in doubts(body, carriers, promise.by if promise else None, now):
            yield Doubted(_COLUMN[each], each, alike(body.carrier) if each is Doubt.CARRIER else ())

    found = {each.number: list(of(each.body)) for each in read if each.body is not None}
    return {number: each for number, each in found.items() if each}
