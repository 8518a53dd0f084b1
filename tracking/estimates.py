"""How long others took, as it is read by whoever looks at parcels; made anew now and then."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from schemas.scan import Window
from tracking.domain.eta import EDGES, Stage
from tracking.errors import KlatError
from tracking.store.estimates import (
    HistogramRow,
    all_histograms,
    claim_histograms,
    estimate_errors,
    forget_histograms,
    make_histograms,
)
from tracking.store.pool import connection, transaction

log = structlog.get_logger()

LEARNED_FROM: Final = timedelta(days=90)
MADE_EVERY: Final = timedelta(hours=1)
ENOUGH: Final = 50  # parcels, to say of another one that it will be late
_COMPARED: Final = 30  # parcels, to say who estimates better
_READ_EVERY: Final = 300.0  # seconds

_Key = tuple[str | int | UUID | None, ...]


class Route(NamedTuple):
    """What is known of a parcel before it goes."""

    carrier: str
    country: str
    service: str | None
    merchant_id: UUID
    region: str | None
    zone: str


class Histograms:
    """Counts of hours by stage and route, from the widest level to the narrowest."""

    def __init__(
        self, rows: Iterable[HistogramRow] = (), better: Mapping[str, bool] | None = None
    ) -> None:
        self._counts = {_key_of(row): _counts(row) for row in rows}
        self._better = better or {}

    def levels(self, route: Route, stage: Stage) -> list[Sequence[int]]:
        weekday = stage.since.astimezone(ZoneInfo(route.zone)).isoweekday()
        service, region = route.service or "", route.region or ""
        wide = (stage.status.value, route.carrier)
        keys: list[_Key] = [
            (1, *wide, None, None, None, None, None),
            (2, *wide, route.country, None, None, None, None),
            (3, *wide, route.country, service, None, None, weekday),
            (4, *wide, route.country, service, route.merchant_id, region, None),
        ]
        return [found for key in keys if (found := self._counts.get(key))]

    def is_carrier_better(self, carrier: str) -> bool:
        """Whether its own estimates have come closer; as long as nobody knows, they have."""
        return self._better.get(carrier, True)


def _key_of(row: HistogramRow) -> _Key:
    return row[:-2]


def _counts(row: HistogramRow) -> Sequence[int]:
    counts = [0] * len(EDGES)
    for place, count in zip(row.bins, row.counts, strict=True):
        counts[place] = count
    return tuple(counts)


def days_of(starts: datetime, ends: datetime, zone: str) -> Window:
    """The days on which it may come, at the place of delivery."""
    place, day = ZoneInfo(zone), timedelta(days=1)
    first, last = starts.astimezone(place).date(), ends.astimezone(place).date()
    return Window(
        starts=datetime.combine(first, time(0), place).astimezone(UTC),
        ends=datetime.combine(last + day, time(0), place).astimezone(UTC),
        day_only=True,
    )


async def read_histograms(pool: asyncpg.Pool, now: datetime) -> Histograms:
    """Raises StoreUnavailable."""
    async with connection(pool) as conn:
        rows = await all_histograms(conn)
        errors = await estimate_errors(conn, now - LEARNED_FROM)
    better = {
        each.carrier: each.carrier_error <= each.our_error
        for each in errors
        if each.parcels >= _COMPARED
    }
    return Histograms(rows, better)


async def learn(pool: asyncpg.Pool, *, now: datetime) -> bool:
    """Count anew, unless that was done within the hour. Raises StoreUnavailable."""
    async with transaction(pool) as conn:
        if not await claim_histograms(conn, now - MADE_EVERY, now):
            return False
        await forget_histograms(conn)
        await make_histograms(conn, EDGES, now - LEARNED_FROM)
    return True


class Learned:
    """What is known now: read again every few minutes, and counted anew every hour."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.histograms = Histograms()

    async def keep_learning(self) -> None:
        """Until cancelled."""
        while True:
            now = datetime.now(UTC)
            try:
                await learn(self._pool, now=now)
                self.histograms = await read_histograms(self._pool, now)
            except KlatError as error:
                log.warning("estimates.not_learned", error=type(error).__name__)
            await asyncio.sleep(_READ_EVERY)
