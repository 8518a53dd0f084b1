"""When a parcel comes, from how long others took from the same stage on. Pure.

A distribution is a histogram of hours that remain. One of few parcels leans on that of more: each
level is its own counts and so many of the level above it (a Dirichlet prior), and the first is a
guess of ours. What has passed already is cut off: who has waited for two days waits no more for
those that came on the first.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.shipment import ShipmentState
from schemas.status import Status

EDGES: Final[Sequence[float]] = (
    *range(24),
    *range(24, 96, 2),
    *range(96, 240, 6),
    *range(240, 721, 24),
)
"""Hours: where bins begin and end. Longer than the last counts as that."""
STAGES: Final = (
    Status.INFO_RECEIVED,
    Status.ACCEPTED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
)
"""From which on it is reckoned, in their order."""
_WEIGHT: Final = 20.0  # so many parcels of the level above stand beside those of a level
_HOUR: Final = timedelta(hours=1)
_BINS: Final = tuple(pairwise(EDGES))
# A guess for the first days of a carrier: hours until half, and until nine of ten have come.
_GUESS: Final[Mapping[Status, tuple[float, float]]] = {
    Status.INFO_RECEIVED: (54, 130),
    Status.ACCEPTED: (32, 80),
    Status.IN_TRANSIT: (26, 70),
    Status.OUT_FOR_DELIVERY: (5, 10),
}
_Z90: Final = 1.2815515655446004  # the standard normal deviate of 0.9

Distribution = Sequence[float]
"""Of each bin its share; the last is what took longer than all edges."""


class Remaining(NamedTuple):
    """Hours from the beginning of the stage until half, and until nine of ten have come."""

    p50: float
    p90: float


class Stage(NamedTuple):
    """Since when it is where it is."""

    status: Status
    since: datetime


def stage_of(state: ShipmentState) -> Stage | None:
    """None where it has arrived, or something stopped it: then nobody can tell."""
    if state.status not in STAGES:
        return None
    since = state.stages.get(state.status) or state.since
    return Stage(state.status, since) if since is not None else None


@cache
def guess(status: Status) -> Distribution:
    """Log-normal, as times on the way are: many soon, some late."""
    half, most = _GUESS[status]
    spread = math.log(most / half) / _Z90

    def below(hours: float) -> float:
        if hours <= 0:
            return 0.0
        return 0.5 * (1 + math.erf(math.log(hours / half) / (spread * math.sqrt(2))))

    shares = [below(end) - below(start) for start, end in pairwise(EDGES)]
    return (*shares, 1 - below(EDGES[-1]))


@lru_cache(maxsize=1024)  # whoever looks at many parcels asks for few routes
def pooled(status: Status, levels: tuple[tuple[int, ...], ...]) -> Distribution:
    """Of the counts of each level, from the widest to the narrowest."""
    found = guess(status)
    for counts in levels:
        whole = sum(counts) + _WEIGHT
        found = tuple(
            (count + _WEIGHT * share) / whole for count, share in zip(counts, found, strict=True)
        )
    return found


def remaining(distribution: Distribution, elapsed: float = 0.0) -> Remaining:
    """Of those that took longer than `elapsed` hours."""
    half, most = quantiles(distribution, (0.5, 0.9), elapsed)
    return Remaining(half, most)


def quantiles(
    distribution: Distribution, shares: Sequence[float], elapsed: float = 0.0
) -> list[float]:
    """Hours from the beginning of the stage; `elapsed` where none took so long."""
    ahead = list(_ahead(distribution, elapsed))
    whole = sum(part for _, _, part in ahead) + distribution[-1]
    longest = max(elapsed, EDGES[-1])
    return [_after(ahead, share * whole, longest) for share in shares]


def _after(ahead: Sequence[tuple[float, float, float]], wanted: float, longest: float) -> float:
    """When so much of them has come; `longest` where the bins hold less."""
    for start, end, part in ahead:
        if part > 0 and wanted <= part:
            return start + (end - start) * wanted / part
        wanted -= part
    return longest


def _ahead(distribution: Distribution, elapsed: float) -> Iterator[tuple[float, float, float]]:
    """Beginning, end and share of the bins that are not over yet."""
    first = bisect_right(EDGES, elapsed) - 1
    if first < len(_BINS):
        start, end = _BINS[first]
        yield elapsed, end, distribution[first] * (end - elapsed) / (end - start)
    for (start, end), part in zip(_BINS[first + 1 :], distribution[first + 1 :], strict=False):
        yield start, end, part


class Expected(NamedTuple):
    """By when half, and nine of ten such parcels have come. `samples`: of how many it knows."""

    p50: datetime
    p90: datetime
    samples: int


def expected(stage: Stage, levels: Sequence[Sequence[int]], now: datetime) -> Expected:
    """`levels` of counts by bin, from the widest to the narrowest."""
    elapsed = max(0.0, (now - stage.since) / _HOUR)
    left = remaining(pooled(stage.status, tuple(map(tuple, levels))), elapsed)
    samples = max((sum(counts) for counts in levels), default=0)
    return Expected(stage.since + left.p50 * _HOUR, stage.since + left.p90 * _HOUR, samples)


class Shown(NamedTuple):
    """The window that whoever waits was told. UTC."""

    starts: datetime
    ends: datetime


_HOLDS: Final = timedelta(hours=12)  # that it may be off without being told anew


def shown(before: Shown | None, now_expected: Expected, now: datetime) -> Shown:
    """The one of before as long as it may come true and is not wide of the mark: a window that
    moves with every scan helps nobody to be at home.
    """
    fresh = Shown(now_expected.p50, now_expected.p90)
    if before is None or before.ends <= now:
        return fresh
    too_late = fresh.ends > before.ends + _HOLDS or fresh.starts > before.ends
    too_early = fresh.ends < before.starts - _HOLDS
    return fresh if too_late or too_early else before
