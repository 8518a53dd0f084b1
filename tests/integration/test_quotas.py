"""Meters of text messages: a raised cap is told of again, and who gives back is in nobody's way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from consuming import until

from tracking.domain.quota import SPEND, Draw, Mark, Meter
from tracking.sql import SQL
from tracking.store.pool import open_pool, transaction
from tracking.store.quotas import mark_quotas, take_quotas

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
FIRST, SECOND = (Meter(UUID(int=number), SPEND, "EUR", TODAY) for number in (1, 2))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=4)
    yield pool
    await pool.close()


def draw(meter: Meter) -> Draw:
    return Draw(meter, 1, None, "spend_cap")


@pytest.mark.parametrize("is_reached", [False, True])
async def test_a_limit_is_told_of_once_and_a_higher_one_again(pool, is_reached):
    """Also on the same day; a lower one was said before."""
    limits = 100, 100, 200, 200, 150
    async with transaction(pool) as conn:
        await take_quotas(conn, [draw(FIRST), draw(SECOND)])
        told = [await mark_quotas(conn, [Mark(FIRST, limit, is_reached)]) for limit in limits]
        other = Mark(SECOND, 50, is_reached)
        assert await mark_quotas(conn, [other]) == [other], "each meter for itself"
    assert told == [[Mark(FIRST, 100, is_reached)], [], [Mark(FIRST, 200, is_reached)], [], []]


async def test_a_limit_that_was_near_is_told_of_when_it_is_reached(pool):
    async with transaction(pool) as conn:
        await take_quotas(conn, [draw(FIRST)])
        for is_reached in (False, True):
            mark = Mark(FIRST, 100, is_reached)
            assert await mark_quotas(conn, [mark]) == [mark]


def amounts(*meters: Meter) -> list[list[object]]:
    return [list(column) for column in zip(*((*meter, 1) for meter in meters), strict=True)]


async def lie_contrary(pool: asyncpg.Pool) -> None:
    """The second meter before the first one, and many others, so that the table is read in order.

    All have one.
    """
    async with transaction(pool) as conn:
        for meter in (SECOND, FIRST):
            await take_quotas(conn, [draw(meter)])
        others = [Meter(UUID(int=number), SPEND, "SEK", TODAY) for number in range(2000)]
        await take_quotas(conn, map(draw, others))
    await pool.execute("ANALYZE sms_quota")


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)], ids=["told", "contrary"])
async def test_who_gives_back_waits_for_the_first_meter_and_holds_none_behind_it(pool, order):
    """In whatever order it is told them, and they lie: nobody can wait for each other.

    Somebody else has taken from the first meter, and takes from the second one, too.
    """
    await lie_contrary(pool)
    async with pool.acquire() as giving:
        await giving.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
        waiting = await giving.fetchval("SELECT pg_backend_pid()")
        async with transaction(pool) as taking:
            await take_quotas(taking, [draw(FIRST)])
            back = asyncio.create_task(giving.execute(SQL["return_quotas"], *amounts(*order)))
            await until(lambda: pool.fetchval("SELECT pg_blocking_pids($1) <> '{}'", waiting))
            await take_quotas(taking, [draw(SECOND)])
        assert await back == "UPDATE 2"
        await giving.execute("RESET ALL")
    used = await pool.fetch("SELECT used FROM sms_quota WHERE name = 'EUR'")
    assert [row["used"] for row in used] == [1, 1]
