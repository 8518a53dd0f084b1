"""Quotas: who may take how much from which meter, and who is refused. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

ALL_SHOPS: Final = UUID(int=0)
SPEND, PREFIX = "spend", "prefix"
NEAR: Final = 80  # per cent of the limit
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Meter(NamedTuple):
    """One counter. `name`: the currency of a spend, the keyed hash of a prefix."""

    merchant_id: UUID
    kind: str
    name: str
    begins: datetime


class Draw(NamedTuple):
    """What one notice takes from one meter; `reason` is why it is refused beyond `limit`.

    Without a limit it is only counted, so that one that is set later finds the day's sum.
    """

    meter: Meter
    amount: int
    limit: int | None
    reason: str


class Mark(NamedTuple):
    """A limit that is near or reached, to be told of once."""

    meter: Meter
    limit: int
    is_reached: bool


def begin(now: datetime, span: timedelta) -> datetime:
    """Of the day or hour in which `now` lies, UTC."""
    return now - (now - _BEGINNING) % span


def refused(asked: Mapping[UUID, Sequence[Draw]], used: Mapping[Meter, int]) -> dict[UUID, Draw]:
    """Who is refused, and by which draw. `used`: the meters after all of them were added.

    In their order each takes from all of its meters or from none, so that a dear message that is
    refused leaves room for a cheap one.
    """
    added = totals(each for draws in asked.values() for each in draws)
    levels = {meter: used[meter] - amount for meter, amount in added.items()}
    found: dict[UUID, Draw] = {}
    for notice_id, draws in asked.items():
        over = next((each for each in draws if _is_over(each, levels[each.meter])), None)
        if over is not None:
            found[notice_id] = over
            continue
        for each in draws:
            levels[each.meter] += each.amount
    return found


def marks(taken: Iterable[Draw], over: Iterable[Draw], levels: Mapping[Meter, int]) -> list[Mark]:
    """Limits of spending that were neared by what was `taken`, and all that refused somebody.

    `levels`: the meters after it.
    """
    reached = {each.meter: each.limit for each in over}
    taken = list(taken)
    limits = {each.meter: each.limit for each in taken if each.meter.kind == SPEND} | reached
    added = totals(taken)
    return [
        Mark(meter, limit, meter in reached)
        for meter, limit in sorted(limits.items())
        if limit is not None
        and (meter in reached or _nears(levels[meter], added[meter], limit * NEAR // 100))
    ]


def totals(draws: Iterable[Draw]) -> dict[Meter, int]:
    """By meter, in the order in which all processes lock them."""
    sums: Counter[Meter] = Counter()
    for each in draws:
        sums[each.meter] += each.amount
    return {meter: sums[meter] for meter in sorted(sums)}


def _is_over(draw: Draw, level: int) -> bool:
    return draw.limit is not None and level + draw.amount > draw.limit


def _nears(level: int, added: int, line: int) -> bool:
    return level - added < line <= level
