"""Scans in: one transaction and a handful of statements for a batch, however large.

Lock the shipments in one order, keep the scans (a repeat is a no-op), decide, write the states and
what they owe to the outbox. Nothing here depends on the order or the number of deliveries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import asyncpg

from tracking.incoming import Incoming
from tracking.numbers import by_number, keep_scans, lock_numbers
from tracking.person.coming import parcels_of, without_erased
from tracking.sealing import Sealer
from tracking.settle import settle, write_settled
from tracking.store.pool import retried, transaction
from tracking.store.quarantine import Quarantined, keep_quarantined
from tracking.store.raw import RawPayload, insert_raw_payloads
from tracking.surplus import set_aside_surplus
from tracking.unknown import read_unknown


@dataclass(frozen=True, slots=True)
class Batch:
    """What a handful of messages held: scans, their payloads, and what could not be read."""

    scans: Sequence[Incoming] = ()
    raw: Sequence[RawPayload] = ()
    quarantined: Sequence[Quarantined] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a batch. `scans` were new or repeats."""

    scans: int = 0
    new: int = 0
    shipments: int = 0
    unrecognised: int = 0
    quarantined: int = 0


async def ingest(pool: asyncpg.Pool, batch: Batch, sealer: Sealer, *, now: datetime) -> Applied:
    """Apply a batch. Raises StoreUnavailable; after any error nothing of the batch is kept."""
    return await retried(partial(_ingest, pool, batch, sealer, now))


async def _ingest(pool: asyncpg.Pool, batch: Batch, sealer: Sealer, now: datetime) -> Applied:
    numbers = by_number(batch.scans)
    async with transaction(pool) as conn:
        await lock_numbers(conn, numbers)
        raw = without_erased(numbers, batch.raw)
        surplus = await set_aside_surplus(conn, numbers, now)
        reused = await keep_scans(conn, numbers)
        unknown = await read_unknown(conn, numbers.values())
        settled = await settle(conn, numbers, now)
        await write_settled(conn, settled, now)
        quarantined = [*batch.quarantined, *surplus, *reused, *unknown]
        await keep_quarantined(conn, quarantined, sealer, now)
        await insert_raw_payloads(conn, raw, parcels_of(batch.scans))
    return Applied(
        scans=len(batch.scans) - len(surplus),
        new=sum(len(number.news) for number in numbers.values()),
        shipments=len(settled.changes),
        unrecognised=len(unknown),
        quarantined=len(batch.quarantined) + len(surplus) + len(reused),
    )
