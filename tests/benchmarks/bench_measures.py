"""A year of a million registered parcels as measures: the call and the page, at five a second.

The yardstick: what the first line of the page says, counted from parcels, messages, cases and marks
by plain SQL in the same database.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import aiohttp
import asyncpg
from roles import KEY
from stack import Stack

from schemas.staff import StaffRole
from tracking.frames import Frames
from tracking.keys import Role
from tracking.live import LiveHub
from tracking.measuring import count_due, mark_due, opens, rebuild
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.staff.login import session_hash
from tracking.store.keys import Keys
from tracking.store.pool import open_pool
from tracking.web.app import make_app
from tracking.web.deps import Deps
from tracking.web.serving import serve

RATE, CALLS = 5, 150  # thirty seconds of each
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOKEN: Final = "a-token-of-the-benchmark"
PLAIN_TRIES = 3

# Twenty shops, the largest with half of it; two messages a parcel, three cases and ten marks of a
# hundred; of twelve months, evenly.
FILL = """
INSERT INTO merchant (merchant_id, name, created_at) SELECT md5('shop' || n)::uuid, 'Shop ' ||
    n, $1 FROM generate_series(0, 19) AS n;
INSERT INTO shipment (shipment_id, carrier, tracking_number, version, status, state, simple,
    created_at, changed_at) SELECT md5(n::text)::uuid, 'carrier' || n % 5, 'CE' || n, 1,
    'delivered', '{}', true, at, at FROM generate_series(1, 1000000) AS n, LATERAL (SELECT
    $1::timestamptz - n * interval '31.5 seconds') AS t (at);
INSERT INTO registration (shipment_id, merchant_id, notify, digest, registered_at) SELECT
    md5(n::text)::uuid, md5('shop' || CASE WHEN n % 2 = 0 THEN 0 ELSE n % 20 END)::uuid, '{}',
    'd', $1::timestamptz - n * interval '31.5 seconds' FROM generate_series(1, 1000000) AS n;
INSERT INTO outcome (shipment_id, merchant_id, carrier, tracking_number, country, zone, status,
    in_transit_at, arrived_at, promised_by, attempts, is_lost, was_silent, noted_at, slip)
    SELECT shipment_id, merchant_id, carrier, tracking_number, 'LV', 'Europe/Riga', 'delivered',
    registered_at, registered_at + interval '1 day', registered_at + interval '1 day', 0, false,
    false, registered_at + interval '1 day', CASE WHEN hashtext(tracking_number) % 10 = 0 THEN
    'broken' ELSE 'kept' END FROM registration JOIN shipment USING (shipment_id) WHERE
    $1::timestamptz IS NOT NULL;
INSERT INTO notice (shipment_id, occasion, round, channel, addressee, notice_id, state, due_at,
    until, version, planned_at, changed_at, cost, currency) SELECT shipment_id, 'delivered', '',
    c.channel, 'recipient', gen_random_uuid(), CASE WHEN hashtext(c.channel || shipment_id) % 20
    = 0 THEN 'failed' ELSE 'delivered' END, registered_at, registered_at, 1, registered_at,
    registered_at + interval '1 day', CASE WHEN c.channel = 'sms' THEN 45000 END, 'EUR' FROM
    registration, (VALUES ('sms'), ('email')) AS c (channel) WHERE $1::timestamptz IS NOT NULL;
INSERT INTO compensation (shipment_id, tier, compensation_id, merchant_id, policy_version,
    policy, rule, kind, borne_by, currency, cents, used, state, evidence, created_at,
    changed_at) SELECT shipment_id, 0, gen_random_uuid(), merchant_id, 1, 'p', 'r', 'code',
    'shop', 'EUR', 300, 0, 'issued', '{}', noted_at, noted_at FROM outcome WHERE slip = 'broken'
    AND $1::timestamptz IS NOT NULL;
INSERT INTO support_case (shipment_id, case_id, merchant_id, topic, opened_by, state, language,
    contacts, opened_at, asked_at, answered_at, solved_at, changed_at) SELECT shipment_id,
    gen_random_uuid(), merchant_id, (ARRAY['where_is_it', 'not_received', 'damaged', 'pickup',
    'other'])[1 + abs(hashtext('t' || shipment_id)) % 5], 'shopper', 'solved', 'lv', 1 +
    (hashtext('c' || shipment_id) % 5 = 0)::int, registered_at, registered_at, registered_at +
    abs(hashtext('a' || shipment_id)) % 90000 * interval '1 second', registered_at + interval '2
    days', registered_at + interval '2 days' FROM registration WHERE abs(hashtext('case' ||
    shipment_id)) % 100 < 3 AND $1::timestamptz IS NOT NULL;
INSERT INTO survey (shipment_id, merchant_id, carrier, answered_at, recommend, courier,
    packaging) SELECT shipment_id, merchant_id, carrier, registered_at + interval '2 days',
    abs(hashtext('r' || shipment_id)) % 11, 1 + abs(hashtext('s' || shipment_id)) % 5,
    (ARRAY['right', 'too_big', 'damaged'])[1 + abs(hashtext('p' || shipment_id)) % 3] FROM
    registration JOIN shipment USING (shipment_id) WHERE abs(hashtext('survey' || shipment_id))
    % 10 = 0 AND $1::timestamptz IS NOT NULL;
"""
PLAIN = """
SELECT date_trunc('month', r.registered_at AT TIME ZONE 'Europe/Riga') AS month, s.carrier,
    count(*), count(*) FILTER (WHERE o.slip = 'kept') FROM registration AS r JOIN shipment AS s
    USING (shipment_id) LEFT JOIN outcome AS o USING (shipment_id) WHERE r.registered_at >= $1
    GROUP BY 1, 2;
SELECT date_trunc('month', r.registered_at AT TIME ZONE 'Europe/Riga') AS month, n.channel,
    count(*), count(*) FILTER (WHERE n.state = 'delivered'), sum(n.cost) FROM registration AS r
    JOIN notice AS n USING (shipment_id) WHERE r.registered_at >= $1 GROUP BY 1, 2;
SELECT date_trunc('month', c.opened_at AT TIME ZONE 'Europe/Riga') AS month, c.topic, count(*),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY c.answered_at - c.opened_at) FROM support_case
    AS c WHERE c.opened_at >= $1 GROUP BY 1, 2;
SELECT date_trunc('month', answered_at AT TIME ZONE 'Europe/Riga') AS month, count(*), count(*)
    FILTER (WHERE recommend >= 9), count(*) FILTER (WHERE recommend <= 6) FROM survey WHERE
    answered_at >= $1 GROUP BY 1;
SELECT date_trunc('month', r.registered_at AT TIME ZONE 'Europe/Riga') AS month, c.currency,
    sum(c.cents) FROM registration AS r JOIN compensation AS c USING (shipment_id) WHERE
    r.registered_at >= $1 GROUP BY 1, 2;
"""


async def measuring(stack: Stack) -> list[tuple[str, float, float]]:
    """What is read is days, not parcels; what is counted is what changed."""
    pool = await open_pool(await stack.database(), size=6)
    sealer = Sealer([KEY])
    try:
        await _fill(pool)
        rows = [await _timed("first count of a year, s", lambda: _round(pool, NOW))]
        plain = await _plain(pool)
        rows += [("the same by plain SQL, ms", plain, 1.0)]
        rows += await _served(pool, sealer, plain)
        rows += await _rounds(pool)
        rows.append(
            await _timed("rebuild of half a year, s", lambda: rebuild(pool, opens(NOW), NOW))
        )
    finally:
        await pool.close()
    return rows


async def _fill(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("SET statement_timeout = 0")
        for sql in _statements(FILL):
            await conn.execute(sql, NOW, timeout=900)
        await conn.execute("VACUUM ANALYZE", timeout=900)
        await conn.execute("RESET statement_timeout")


def _statements(text: str) -> list[str]:
    return [each for each in text.split(";\n") if each.strip()]


async def _round(pool: asyncpg.Pool, now: datetime) -> None:
    await mark_due(pool, now, every=timedelta())
    await count_due(pool)


async def _plain(pool: asyncpg.Pool) -> float:
    spent = []
    for _ in range(PLAIN_TRIES):
        begun = time.perf_counter()
        for sql in _statements(PLAIN):
            await pool.fetch(sql, NOW - timedelta(days=365))
        spent.append((time.perf_counter() - begun) * 1000)
    return min(spent)


async def _served(
    pool: asyncpg.Pool, sealer: Sealer, plain: float
) -> list[tuple[str, float, float]]:
    """Over HTTP, as they are asked for: support and leads of all shops, a shop of itself."""
    settings = Settings(public_url="http://bench.test")
    deps = Deps(pool=pool, sealer=sealer, settings=settings, publish=_nothing, hub=LiveHub(),
                frames=Frames(pool), now=lambda: NOW)  # fmt: skip
    desk = await Keys(pool).create(Role.SUPPORT, "Desk", now=NOW)
    shop = await Keys(pool).create(Role.MERCHANT, "Shop 0", now=NOW)
    await _staff(pool)
    runner = await serve(make_app(deps), "127.0.0.1", 0)
    host, port = runner.addresses[0][:2]
    one = "SELECT * FROM registration WHERE shipment_id = md5('7')::uuid"
    p50, p99 = await _paced(lambda: pool.fetchrow(one))
    rows = [("a bare look-up at that rate: p50, ms", p50, p50 / plain), ("  p99", p99, p99 / plain)]
    try:
        async with aiohttp.ClientSession(f"http://{host}:{port}") as http:
            for name, path, headers in (
                ("call, all 20 shops", "/v1/measures", {"Authorization": f"Bearer {desk}"}),
                ("call, a shop with half of it", "/v1/measures",
                 {"Authorization": f"Bearer {shop}"}),
                ("page, all 20 shops (aim: p99 300)", "/support/measures",
                 {"Cookie": f"klat_staff={TOKEN}"}),
            ):  # fmt: skip
                p50, p99 = await _paced(
                    lambda path=path, headers=headers: _got(http, path, headers)
                )
                rows += [(f"{name}: p50, ms", p50, p50 / plain), ("  p99", p99, p99 / plain)]
    finally:
        await runner.cleanup()
    return rows


async def _staff(pool: asyncpg.Pool) -> None:
    sql = (
        "INSERT INTO staff (staff_id, email, name, role, password, totp, created_at)"
        " VALUES ($1, 'lead@bench.test', 'Lead', $2, 'x', 'x', $3)"
    )
    await pool.execute(sql, UUID(int=1), StaffRole.LEAD.value, NOW)
    sql = "INSERT INTO staff_session VALUES ($1, $2, true, $3, $3)"
    await pool.execute(sql, session_hash(TOKEN), UUID(int=1), NOW)


async def _got(http: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> None:
    async with http.get(path, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 200, answer.status
        await answer.read()


async def _nothing(*_: object, **__: object) -> None:
    """Nobody publishes here."""


async def _rounds(pool: asyncpg.Pool) -> list[tuple[str, float, float]]:
    """A minute in which nothing happened; one with 100 receipts of 30 days and all shops."""
    await _round(pool, _later(0))  # what was filled in as of the days after
    idle = await _timed("a round of which nothing is new, ms", lambda: _round(pool, _later(20)))
    await pool.execute(
        "UPDATE notice SET changed_at = $1 WHERE channel = 'sms' AND shipment_id = ANY(ARRAY("
        " SELECT md5((n * 823)::text)::uuid FROM generate_series(1, 100) AS n))",
        _later(21),
    )
    busy = await _timed("a round with 100 changes in 30 days, ms", lambda: _round(pool, _later(22)))
    return [(name, seconds * 1000, share) for name, seconds, share in (idle, busy)]


def _later(minutes: int) -> datetime:
    """After all that was filled in."""
    return NOW + timedelta(days=3, minutes=minutes)


async def _timed(
    name: str, work: Callable[[], Awaitable[object]]
) -> tuple[str, float, float]:  # fmt: skip
    begun = time.perf_counter()
    await work()
    return name, time.perf_counter() - begun, 1.0


async def _paced(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Started at an even rate whatever each takes: p50 and p99 in milliseconds."""
    started, spent = time.perf_counter(), list[float]()

    async def one(n: int) -> None:
        await asyncio.sleep(max(0.0, started + n / RATE - time.perf_counter()))
        begun = time.perf_counter()
        await work()
        spent.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(one(n) for n in range(CALLS)))
    spent.sort()
    return spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
