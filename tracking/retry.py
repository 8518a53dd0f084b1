"""Quarantine tried again: after a code was mapped, after a reader learnt a new shape."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg

from tracking.decode import Decoder, Envelope
from tracking.ingest import Batch, ingest
from tracking.reread import reread_code
from tracking.sealing import Sealer
from tracking.store.code_map import list_code_map
from tracking.store.pool import connection
from tracking.store.quarantine import QuarantineEntry, open_quarantine, resolve_quarantined

_CHUNK = 20  # entries in hand, each of a mebibyte at the most


@dataclass(frozen=True, slots=True)
class Retried:
    """`resolved` entries are done with; `waiting` ones could still not be applied.

    `finding`: why the last of them could not.
    """

    resolved: int = 0
    waiting: int = 0
    shipments: int = 0
    unopened: int = 0  # of the waiting: their key is gone
    finding: str | None = None

    def __add__(self, other: "Retried") -> "Retried":
        return Retried(
            self.resolved + other.resolved,
            self.waiting + other.waiting,
            self.shipments + other.shipments,
            self.unopened + other.unopened,
            other.finding or self.finding,
        )


async def retry_quarantine(pool: asyncpg.Pool, sealer: Sealer, *, now: datetime) -> Retried:
    """Try every open entry once more, and read what was read by a former meaning of its code.

    Safe to repeat, and while events come in.
    """
    async with connection(pool) as conn:
        codes = await list_code_map(conn)
    total = await _retry_entries(pool, sealer, now)
    for carrier, code in codes:
        done = await reread_code(pool, carrier, code, now)
        total += Retried(shipments=done.shipments)
    return total


async def _retry_entries(pool: asyncpg.Pool, sealer: Sealer, now: datetime) -> Retried:
    decoder = Decoder(sealer)
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
    match entry.why:
        case "unknown_code":
            return await _retry_code(pool, entry, now)
        case _ if entry.key_gone:
            return Retried(waiting=1, unopened=1)
        case "malformed":
            return await _retry_body(pool, sealer, decoder, entry, now)
        case "too_large" | "event_id_reused" | "unknown_format" | "too_many_scans":
            return Retried(waiting=1)


async def retry_entry(
    pool: asyncpg.Pool,
    sealer: Sealer,
    entry: QuarantineEntry,
    *,
    tracking_number: str | None = None,
    now: datetime,
) -> Retried:
    """Try one entry once more, as a payload about this parcel where it does not name its own."""
    about = replace(entry, tracking_number=tracking_number or entry.tracking_number)
    return await _retry(pool, sealer, Decoder(sealer), about, now)


async def _retry_body(
    pool: asyncpg.Pool, sealer: Sealer, decoder: Decoder, entry: QuarantineEntry, now: datetime
) -> Retried:
    about = Envelope(entry.source, entry.native, entry.first_at, entry.tracking_number)
    decoded = decoder.decode(entry.body or b"", about)
    raw = [decoded.raw] if decoded.raw else []
    applied = await ingest(pool, Batch(decoded.scans, raw), sealer, now=now)
    if decoded.quarantined is not None:
        finding = decoded.quarantined.detail
        return Retried(waiting=1, shipments=applied.shipments, finding=finding)
    return await _resolve(pool, entry, now) + Retried(shipments=applied.shipments)


async def _retry_code(pool: asyncpg.Pool, entry: QuarantineEntry, now: datetime) -> Retried:
    done = await reread_code(pool, entry.carrier or "", entry.code or "", now)
    changed = Retried(shipments=done.shipments)
    return changed + (await _resolve(pool, entry, now) if done.is_known else Retried(waiting=1))


async def _resolve(pool: asyncpg.Pool, entry: QuarantineEntry, now: datetime) -> Retried:
    """Close the entry, unless a consumer that did not know better put more of it in meanwhile."""
    async with connection(pool) as conn:
        closed = await resolve_quarantined(conn, entry, now)
    return Retried(resolved=1) if closed else Retried(waiting=1)
