"""The process itself in numbers."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from tracking import vitals
from tracking.store.pool import connection, open_pool
from tracking.vitals import Vitals


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=3)
    yield pool
    await pool.close()


async def test_connections_are_counted_by_what_they_do(pool):
    value = (registry := CollectorRegistry()).get_sample_value
    Vitals(pool, registry)
    async with connection(pool), connection(pool):
        assert value("klat_pool_connections", {"state": "used"}) == 2
    assert value("klat_pool_connections", {"state": "used"}) == 0
    assert value("klat_pool_connections", {"state": "idle"}) == 2
    assert value("klat_pool_wait_seconds_count") >= 2


async def test_the_process_and_its_garbage_are_counted(pool):
    value = (registry := CollectorRegistry()).get_sample_value
    Vitals(pool, registry)
    assert value("process_resident_memory_bytes") > 0
    assert value("python_gc_collections_total", {"generation": "0"}) > 0


async def test_work_that_holds_up_the_loop_is_seen(pool, monkeypatch):
    monkeypatch.setattr(vitals, "_EVERY", 0.001)
    value = (registry := CollectorRegistry()).get_sample_value
    measuring = asyncio.create_task(Vitals(pool, registry).keep_measured())
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251 - such work
    async with asyncio.timeout(10):
        while not value("klat_loop_lag_seconds_count"):  # noqa: ASYNC110 - the next turn
            await asyncio.sleep(0)
    measuring.cancel()
    assert value("klat_loop_lag_seconds_sum") >= 0.04
