"""Quarantine tried again: after a code was mapped, after a reader learnt a new shape."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg

from schemas.shipment import shipment_id
from tracking.carriers import CARRIERS
from tracking.carriers.base import Meaning
from tracking.carriers.lockers import LOCKER_CODES
from tracking.decode import Decoder, Envelope
from tracking.incoming import CodeMap, resolved
from tracking.ingest import Batch, ingest
from tracking.numbers import Number, lock_numbers
from tracking.sealing import Sealer
from tracking.settle import settle, write_settled
from tracking.store.pool import connection, retried, transaction
from tracking.store.quarantine import (
    QuarantineEntry,
    load_code_map,
    open_quarantine,
    resolve_quarantined,
)
from tracking.store.shipments import StoredScan, scans_of
from tracking.store.unrecognised import (
    UnrecognisedScan,
    forget_unrecognised,
    reread_scans,
    unrecognised_by_code,
)

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Retried:
    """`resolved` entries are done with; `waiting` ones could still not be applied."""

    resolved: int = 0
    waiting: int = 0
    shipments: int = 0
    unopened: int = 0  # of the waiting: their key is gone

    def __add__(self, other: "Retried") -> "Retried":
        return Retried(
            self.resolved + other.resolved,
            self.waiting + other.waiting,
            self.shipments + other.shipments,
            self.unopened + other.unopened,
        )


async def retry_quarantine(pool: asyncpg.Pool, sealer: Sealer, *, now: datetime) -> Retried:
    """Try every open entry once more. Safe to repeat, and while events come in."""
    async with connection(pool) as conn:
        code_map = await load_code_map(conn)
    decoder = Decoder(sealer)
    decoder.code_map = code_map
    total, after = Retried(), UUID(int=0)
    while True:
        async with connection(pool) as conn:
            entries = await open_quarantine(conn, after, _CHUNK, sealer)
        for entry in entries:
            total += await _retry(pool, sealer, decoder, entry, now)
        if len(entries) < _CHUNK:
            return total
        after = entries[-1].quarantine_id


async def _retry(
    pool: asyncpg.Pool, sealer: Sealer, decoder: Decoder, entry: QuarantineEntry, now: datetime
) -> Retried:
    if entry.key_gone:
        return Retried(waiting=1, unopened=1)
    match entry.why:
        case "unknown_code":
            return await _retry_code(pool, decoder.code_map, entry, now)
        case "malformed":
            return await _retry_body(pool, sealer, decoder, entry, now)
        case "too_large" | "event_id_reused":
            return Retried(waiting=1)


async def _retry_body(
    pool: asyncpg.Pool, sealer: Sealer, decoder: Decoder, entry: QuarantineEntry, now: datetime
) -> Retried:
    about = Envelope(entry.source, entry.native, entry.first_at, entry.tracking_number)
    decoded = decoder.decode(entry.body or b"", about)
    raw = [decoded.raw] if decoded.raw else []
    applied = await ingest(pool, Batch(decoded.scans, raw), sealer, now=now)
    if decoded.quarantined is not None:
        return Retried(waiting=1, shipments=applied.shipments)
    return await _resolve(pool, entry, now) + Retried(shipments=applied.shipments)


async def _retry_code(
    pool: asyncpg.Pool, code_map: CodeMap, entry: QuarantineEntry, now: datetime
) -> Retried:
    carrier, code = entry.carrier or "", entry.code or ""
    meaning = code_map.get((carrier, code)) or _known_by_now(carrier, code)
    if meaning is None:
        return Retried(waiting=1)
    shipments = 0
    while True:
        done = await retried(partial(_reread, pool, carrier, code, meaning, now))
        if done is None:
            return await _resolve(pool, entry, now) + Retried(shipments=shipments)
        shipments += done


def _known_by_now(carrier: str, code: str) -> Meaning | None:
    reader = CARRIERS.get(carrier)
    return (reader.meaning(code) if reader else None) or LOCKER_CODES.get(code.casefold())


async def _resolve(pool: asyncpg.Pool, entry: QuarantineEntry, now: datetime) -> Retried:
    """Close the entry, unless a consumer that did not know better put more of it in meanwhile."""
    async with connection(pool) as conn:
        closed = await resolve_quarantined(conn, entry, now)
    return Retried(resolved=1) if closed else Retried(waiting=1)


async def _reread(
    pool: asyncpg.Pool, carrier: str, code: str, meaning: Meaning, now: datetime
) -> int | None:
    """Read some scans of this code anew and fold their shipments; None when none is left."""
    async with transaction(pool) as conn:
        waiting = await unrecognised_by_code(conn, carrier, code, _CHUNK)
        if not waiting:
            return None
        numbers = _numbers(await _scans(conn, waiting))
        await lock_numbers(conn, numbers)
        # Read once more, under the lock: a consumer may have replaced or moved one meanwhile.
        scans = await _scans(conn, waiting)
        await _keep_reread(conn, scans, {(carrier, code): meaning})
        await forget_unrecognised(conn, waiting)
        settled = await settle(conn, numbers, now)
        await write_settled(conn, settled, now)
        return len(settled.changes)


async def _scans(conn: asyncpg.Connection, waiting: Sequence[UnrecognisedScan]) -> list[StoredScan]:
    keys = {each.key for each in waiting}
    ids = list({each.shipment_id for each in waiting})
    return [each for each in await scans_of(conn, ids) if each.received.key in keys]


def _numbers(scans: Iterable[StoredScan]) -> dict[UUID, Number]:
    names = {(each.received.scan.carrier, each.received.scan.tracking_number) for each in scans}
    numbers = [Number(shipment_id(*name), *name, replaced=True) for name in sorted(names)]
    return {number.head: number for number in numbers}


async def _keep_reread(
    conn: asyncpg.Connection, scans: Sequence[StoredScan], code_map: CodeMap
) -> None:
    await reread_scans(
        conn,
        [each.shipment_id for each in scans],
        [each.received.key for each in scans],
        [
            resolved(each.received.scan, code_map).model_dump_json(exclude_defaults=True)
            for each in scans
        ],
    )
