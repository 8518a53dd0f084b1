"""When carriers were heard, by quarters of an hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from tracking.domain.pulse import Heard
from tracking.sql import SQL
from tracking.store.pool import connection


class Hearing(NamedTuple):
    """Of one carrier in one quarter of an hour."""

    carrier: str
    slot: datetime
    events: int
    first_at: datetime
    last_at: datetime


class KnownCarrier(NamedTuple):
    """When it was heard last, and what was heard at such hours."""

    last_at: datetime
    heard: Sequence[Heard]


class CarrierPulses:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def note_heard(self, hearings: Sequence[Hearing]) -> None:
        if hearings:
            columns = zip(*sorted(hearings), strict=True)
            async with connection(self._pool) as conn:
                await conn.execute(SQL["note_heard"], *map(list, columns))

    async def heard_around(
        self, since: datetime, hours: Sequence[int]
    ) -> Mapping[str, KnownCarrier]:
        async with connection(self._pool) as conn:
            rows = await conn.fetch(SQL["heard_around"], since, hours)
        found: dict[str, list[Heard]] = {}
        last: dict[str, datetime] = {}
        for row in rows:
            gap = timedelta(seconds=row["longest_gap"])
            heard = Heard(row["slot"], row["events"], gap)
            found.setdefault(row["carrier"], []).append(heard)
            last[row["carrier"]] = row["last_at"]
        return {carrier: KnownCarrier(last[carrier], heard) for carrier, heard in found.items()}

    async def prune_heard(self, before: datetime) -> None:
        async with connection(self._pool) as conn:
            await conn.execute(SQL["prune_heard"], before)
