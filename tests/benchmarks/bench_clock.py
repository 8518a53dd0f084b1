"""Deadlines: how many that are due a second, and how late the clock wakes among a million.

Two yardsticks. A bare asyncpg loop that claims as many rows at once with SKIP LOCKED and deletes
them: it reads no parcel, decides nothing and publishes nothing. And a loop that claims the same and
writes the rows that the clock writes, from looks made beforehand: it reads and decides nothing.
"""

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from prometheus_client import CollectorRegistry
from roles import KEY, role
from stack import Stack

from tracking.clock import BATCH, Clock, ClockMetrics
from tracking.estimates import Histograms
from tracking.sealing import Sealer
from tracking.store.clock import due_shipments, watched
from tracking.store.pool import open_pool
from tracking.watch import keep_looks, looked_at

DUE = 100_000
WAITING = 1_000_000
WOKEN = 600  # deadlines, spread over so many tenths of a second
_FILL = """
INSERT INTO shipment
SELECT md5('d' || n)::uuid, 'omniva', 'D' || n, 1, NULL, 2, 'in_transit',
    json_build_object('status', 'in_transit', 'since', $1::timestamptz, 'first_scan_at',
        $1::timestamptz, 'last_scan_at', $1::timestamptz, 'decided_by', md5('s' || n),
        'stages', json_build_object('in_transit', $1::timestamptz),
        'location', json_build_object('name', 'Rīgas šķirošanas centrs', 'country', 'LV')),
    $1, true, $1, $1
FROM generate_series(1, $2::integer) n
"""
_REGISTER = """
INSERT INTO registration (shipment_id, merchant_id, order_ref, country, notify, digest,
                          promise_by, registered_at)
SELECT md5('d' || n)::uuid, md5('shop')::uuid, 'order-' || n, 'LV', '{}', 'd', $1, $1
FROM generate_series(1, $2::integer) n
"""
_PROMISE = """
INSERT INTO promise SELECT md5('d' || n)::uuid, $1::timestamptz - interval '1 day', 'shop', NULL,
    $1::timestamptz + n * interval '1 millisecond'
FROM generate_series(1, $2::integer) n
"""
_DEADLINES = """
INSERT INTO deadline SELECT shipment_id, 'promise', by FROM promise
WHERE by >= $1
"""
_WAIT = """
INSERT INTO shipment SELECT md5('w' || n)::uuid, 'omniva', 'W' || n, 1, NULL, 1, 'in_transit', '{}',
    $1, true, $1, $1
FROM generate_series(1, $2::integer) n
"""
_WAIT_DEADLINES = """
INSERT INTO deadline SELECT md5('w' || n)::uuid, 'stalled',
    now() + interval '1 day' + n * interval '1 second'
FROM generate_series(1, $1::integer) n
"""
_SPREAD = """
UPDATE promise SET by = $1::timestamptz
    + substr(shipment.tracking_number, 2)::integer * interval '50 milliseconds'
FROM shipment WHERE shipment.shipment_id = promise.shipment_id
"""
_NEWS = """
SELECT o.id, p.by FROM outbox AS o JOIN promise AS p USING (shipment_id)
WHERE o.id > $1 AND o.fact_type = 'promise.broken' ORDER BY o.id
"""
_BARE = """
DELETE FROM deadline AS d USING (
    SELECT shipment_id, kind FROM deadline WHERE due_at <= $1 ORDER BY due_at LIMIT $2
    FOR UPDATE SKIP LOCKED
) AS due
WHERE d.shipment_id = due.shipment_id AND d.kind = due.kind
"""


async def clock(stack: Stack) -> list[tuple[str, float, float]]:
    """Promises that are broken: due at once by the hundred thousand, or one by one."""
    pool = await open_pool(await stack.database(), size=4)
    try:
        await _fill(pool, DUE)
        bare = await _bare(pool)
        written = await _same_rows(stack)
        await pool.execute(_DEADLINES, datetime(2020, 1, 1, tzinfo=UTC))
        made = Clock(pool, Sealer([KEY]), ClockMetrics(CollectorRegistry()))
        one = await _rate(made.catch_up())
        broken = "SELECT count(*) FROM outbox WHERE fact_type = 'promise.broken'"
        told = await pool.fetchval(broken)
        assert told == DUE, f"{told} facts of {DUE} promises"
    finally:
        await pool.close()
    return [
        ("bare claim-and-delete loop, rows/s", bare, 1.0),
        ("bare loop that claims and writes the same rows, deadlines/s", written, written / bare),
        ("the clock: looked at and told, deadlines/s", one, one / bare),
        ("  of the loop that writes the same rows", one, one / written),
        *await _lags(stack),
    ]


async def _fill(pool: asyncpg.Pool, count: int) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    shop = (
        "INSERT INTO merchant (merchant_id, name, created_at) VALUES (md5('shop')::uuid, 'S', $1)"
    )
    await pool.execute(shop, past)
    for statement in (_FILL, _REGISTER, _PROMISE):
        await pool.execute(statement, past, count)
    await pool.execute(_DEADLINES, past - timedelta(days=1))
    await pool.execute("ANALYZE")


async def _bare(pool: asyncpg.Pool) -> float:
    async def loop() -> None:
        async with pool.acquire() as conn:
            while await conn.execute(_BARE, datetime.now(UTC), BATCH) != "DELETE 0":
                pass

    return await _rate(loop())


async def _same_rows(stack: Stack) -> float:
    """In a database of its own, as it leaves nothing that is due."""
    pool = await open_pool(await stack.database(), size=4)
    try:
        await _fill(pool, DUE)
        now = datetime.now(UTC)
        async with pool.acquire() as conn:
            known = {row["shipment_id"]: row for row in await watched(conn, await _all(conn))}
            looks = {key: looked_at(row, {}, Histograms(), now) for key, row in known.items()}

            async def loop() -> None:
                while True:
                    async with conn.transaction():
                        ids = await due_shipments(conn, now, BATCH)
                        if not ids:
                            return
                        made, rows = [looks[key] for key in ids], [known[key] for key in ids]
                        await keep_looks(conn, made, rows, now)

            return await _rate(loop())
    finally:
        await pool.close()


async def _all(conn: asyncpg.Connection) -> list[UUID]:
    return [row["shipment_id"] for row in await conn.fetch("SELECT shipment_id FROM deadline")]


async def _rate(work: Awaitable[None]) -> float:
    started = time.perf_counter()
    await work
    return DUE / (time.perf_counter() - started)


async def _lags(stack: Stack) -> list[tuple[str, float, float]]:
    """A role of its own, among a million that wait; how late each fact could be read."""
    dsn = await stack.database()
    pool = await open_pool(dsn, size=4)
    await _fill(pool, WOKEN)
    await pool.execute("DELETE FROM deadline")
    await pool.execute(_WAIT, datetime.now(UTC), WAITING, timeout=300)
    await pool.execute(_WAIT_DEADLINES, WAITING, timeout=300)
    await pool.execute("ANALYZE")
    start = datetime.now(UTC) + timedelta(seconds=10)
    await pool.execute(_SPREAD, start)
    await pool.execute(_DEADLINES, start)
    async with role(stack, dsn, "clock"):
        late = sorted(await _read(pool, dsn))
    await pool.close()
    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
    return [
        (f"woken among {WAITING:,} that wait: p50, ms", p50, p50 / 1000),
        ("  p99, ms (aim: under 1,000)", p99, p99 / 1000),
    ]


async def _read(pool: asyncpg.Pool, dsn: str) -> list[float]:
    """Milliseconds from when each was due until its fact was read, on the word of NOTIFY."""
    told, late, last = asyncio.Event(), list[float](), 0
    listening = await asyncpg.connect(dsn)
    await listening.add_listener("klat_outbox", lambda *_: told.set())
    async with asyncio.timeout(240):
        while len(late) < WOKEN:
            await told.wait()
            told.clear()
            for row in await pool.fetch(_NEWS, last):
                last = max(last, row["id"])
                late.append((datetime.now(UTC) - row["by"]).total_seconds() * 1000)
    await listening.close()
    return late
