"""What PostgreSQL refuses becomes an error of ours that says whether to wait or to ask for less."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tracking.errors import KlatError, StatementTooSlow, StoreBusy, StoreUnavailable
from tracking.store import pool as pools
from tracking.store.pool import POOL_WAIT, connection, open_pool, retried, transaction
from tracking.web.problem import as_problem


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.mark.parametrize("condition", ["disk_full", "out_of_memory", "admin_shutdown"])
async def test_a_server_in_distress_is_unavailable(pool, condition):
    with pytest.raises(StoreUnavailable):
        async with connection(pool) as conn:
            await conn.execute(f"DO $$ BEGIN RAISE {condition}; END $$")


async def test_a_transaction_left_idle_too_long_is_unavailable(pool):
    async def idle() -> None:
        async with transaction(pool) as conn:
            await conn.execute("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
            async with connection(pool) as other:
                await other.execute("SELECT pg_sleep(0.1)")
            await conn.execute("SELECT 1")

    with pytest.raises(StoreUnavailable):
        await idle()


async def test_a_connection_goes_back_without_a_round_trip_and_without_a_transaction(database_url):
    pool = await open_pool(database_url, size=1)
    async with connection(pool) as conn:
        await conn.execute("BEGIN")
        await conn.execute("CREATE TABLE left_open (id int)")
    async with connection(pool) as conn:
        assert not conn.is_in_transaction()
        assert await conn.fetchval("SELECT to_regclass('left_open')") is None
        said = await conn.fetchval(
            "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        )
        assert "RESET" not in said
    await pool.close()


async def test_a_statement_at_its_time_limit_is_not_a_database_away(pool):
    async def slow() -> None:
        async with transaction(pool) as conn:
            await conn.execute("SET LOCAL statement_timeout = '1ms'")
            await conn.execute("SELECT pg_sleep(10)")

    with pytest.raises(StatementTooSlow) as caught:
        await slow()
    assert not isinstance(caught.value, StoreUnavailable)


async def test_the_wait_for_a_connection_is_measured_also_in_vain(pool, monkeypatch):
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT", 0.05)
    before = waits()
    async with connection(pool), connection(pool):
        with pytest.raises(StoreUnavailable):
            async with connection(pool):
                pass
    after = waits()
    assert after["_count"] - before["_count"] == 3
    assert after["_sum"] - before["_sum"] >= 0.05


def waits():
    (family,) = POOL_WAIT.collect()
    return {each.name.removeprefix("klat_pool_wait_seconds"): each.value for each in family.samples}


async def test_a_lock_that_stays_taken_is_unavailable_after_the_last_try(pool):
    async def blocked() -> None:
        async with transaction(pool) as conn:
            await conn.execute("SET LOCAL lock_timeout = '1ms'")
            await conn.execute("SELECT pg_advisory_xact_lock(1)")

    async with transaction(pool) as holder:
        await holder.execute("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(StoreUnavailable):
            await retried(blocked, tries=2)


async def test_a_lock_that_stays_taken_is_said_in_our_words_at_the_first_try_too(pool):
    async def blocked() -> None:
        async with connection(pool) as conn:
            await conn.execute("SET lock_timeout = '1ms'; SELECT pg_advisory_lock(1)")

    async with transaction(pool) as holder:
        await holder.execute("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(StoreBusy):
            await blocked()


@pytest.mark.parametrize("condition", ["deadlock_detected", "serialization_failure"])
async def test_who_was_in_the_way_of_another_is_busy_and_may_try_again(pool, condition):
    tries = []

    async def work() -> int:
        tries.append(1)
        async with connection(pool) as conn:
            if len(tries) < 3:
                await conn.execute(f"DO $$ BEGIN RAISE {condition}; END $$")
        return len(tries)

    with pytest.raises(StoreBusy):
        await work()
    assert await retried(work) == 3


@pytest.mark.parametrize("error", [StatementTooSlow(), StoreUnavailable()])
def test_either_is_a_503_that_sends_nobody_back_together(error: KlatError):
    problems = [as_problem(error) for _ in range(200)]
    assert {problem.status for problem in problems} == {503}
    assert {int(problem.headers["Retry-After"]) for problem in problems} == set(range(3, 9))
