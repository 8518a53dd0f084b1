"""A process is ready only with the schema that it knows."""

from contextlib import AsyncExitStack

import asyncpg
import pytest

from tracking.roles.running import Running
from tracking.settings import Settings
from tracking.store.migrate import load_migrations, migrate
from tracking.store.pool import open_pool


@pytest.fixture
async def running(empty_database_url):
    pool = await open_pool(empty_database_url, size=1)
    yield Running(Settings(database_url=empty_database_url), pool, AsyncExitStack())
    await pool.close()


async def test_a_pending_migration_is_not_ready_and_an_applied_one_is(running, empty_database_url):
    assert not await running.schema_is_current()
    *older, _ = load_migrations()
    await migrate(empty_database_url, older)
    assert not await running.schema_is_current()
    await migrate(empty_database_url, load_migrations())
    assert await running.schema_is_current()


async def test_what_is_up_to_date_is_not_asked_again(running, empty_database_url):
    await migrate(empty_database_url, load_migrations())
    assert await running.schema_is_current()
    await running.pool.close()
    assert await running.schema_is_current()
    with pytest.raises(asyncpg.InterfaceError):
        await running.pool.fetchval("SELECT true")
