"""Two clocks as processes, killed without warning while very many promises break: each told once.

DEADLINES=100000 makes it as many as you like; it is 10,000 by itself.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tracking.local.child import Child
from tracking.local.endpoint import free_port
from tracking.store.pool import open_pool

COUNT = int(os.environ.get("DEADLINES", "10000"))
KILLS = 4


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    await _fill(pool, datetime.now(UTC) - timedelta(days=1))
    yield pool
    await pool.close()


async def _fill(pool: asyncpg.Pool, past: datetime) -> None:
    await pool.execute(
        "INSERT INTO shipment SELECT md5(n::text)::uuid, 'omniva', 'CE' || n, 1, NULL, 1,"
        " 'in_transit', '{\"status\": \"in_transit\"}', $1, true, $1, $1"
        " FROM generate_series(1, $2::integer) n",
        past,
        COUNT,
    )
    await pool.execute(
        "INSERT INTO promise SELECT shipment_id, $1, 'shop', NULL, $1 FROM shipment", past
    )
    await pool.execute(
        "INSERT INTO deadline SELECT shipment_id, 'promise', by FROM promise",
    )


@pytest.mark.timeout(300)
async def test_each_is_told_once_whoever_is_killed(pool, database_url, amqp_url):
    env = os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_LOG_FORMAT": "json",
        "KLAT_SECRET_KEYS": "A" * 43 + "=",
    }
    clocks = [child(env), child(env)]
    try:
        await asyncio.gather(*(each.start() for each in clocks))
        killed = 0
        while (told := await _told(pool)) < COUNT:
            if killed < KILLS and told > killed * COUNT / (KILLS + 1):
                victim = clocks[killed % 2]
                victim._process.kill()
                await victim.wait()
                await victim.start()
                killed += 1
            await asyncio.sleep(0.05)
    finally:
        await asyncio.gather(*(each.stop() for each in clocks))
    assert killed > 0
    facts = await pool.fetch(
        "SELECT shipment_id, count(*) AS n FROM outbox WHERE fact_type = 'promise.broken'"
        " GROUP BY shipment_id"
    )
    assert len(facts) == COUNT
    assert {row["n"] for row in facts} == {1}
    due = await pool.fetchval("SELECT count(*) FROM deadline WHERE due_at <= now()")
    assert due == 0, "none is left"


async def _told(pool: asyncpg.Pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM outbox")


def child(env: dict[str, str]) -> Child:
    port = free_port()
    command = [sys.executable, "-P", "-m", "tracking", "serve", "clock"]
    return Child("clock", command, env | {"KLAT_OPS_PORT": str(port)}, ops_port=port)
