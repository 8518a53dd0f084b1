"""The private PostgreSQL: nobody's superuser, and back after every kind of end."""

import asyncio
import signal
import sys

import asyncpg
import psutil
import pytest

from tracking.errors import StartError
from tracking.local.postgres import PrivatePostgres

STARTER = """
import asyncio, pathlib, sys
from tracking.local.postgres import PrivatePostgres

async def main():
    server = PrivatePostgres(pathlib.Path(sys.argv[1]), durable=False)
    await server.start()
    print(server.url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
BUSY = "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b"


@pytest.fixture
async def server(tmp_path):
    server = PrivatePostgres(tmp_path / "pg", durable=False)
    await server.start()
    yield server
    await server.stop()


async def execute(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def processes_of(folder):
    """The server of this folder with its backends. A closed folder above it is no obstacle."""
    mains = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in (process.info["cmdline"] or [])
    ]
    return mains + [child for main in mains for child in main.children(recursive=True)]


async def test_it_runs_without_privileges_on_loopback_with_a_password(server, tmp_path):
    processes = processes_of(tmp_path / "pg" / "data")
    assert processes
    assert all(process.uids().effective != 0 for process in processes)
    listening = [
        where.laddr.ip
        for process in processes
        for where in process.net_connections()
        if where.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}
    assert (tmp_path / "pg" / "endpoint.json").stat().st_mode & 0o077 == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url, password="guess")


async def test_committed_rows_are_there_after_it_was_killed_at_work(server):
    """A backend that is busy does not notice that its server died, and would lock the folder."""
    await execute(server.url, "CREATE TABLE parcel AS SELECT 'on its way' AS state")
    busy = await asyncpg.connect(server.url)
    work = asyncio.create_task(busy.execute(BUSY))
    await until_busy(server.url)
    server.kill()
    assert await server.wait() == -signal.SIGKILL
    await server.start()
    assert await execute(server.url, "SELECT state FROM parcel") == "on its way"
    with pytest.raises(asyncpg.PostgresConnectionError):
        await work


async def until_busy(url):
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series%'"
    while await execute(url, active) < 2:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0)


async def test_it_goes_on_where_it_was_on_the_same_port(server, tmp_path):
    await execute(server.url, "CREATE TABLE parcel AS SELECT 'delivered' AS state")
    await server.stop()
    again = PrivatePostgres(tmp_path / "pg", durable=False)
    await again.start()
    assert again.url == server.url
    assert await execute(again.url, "SELECT state FROM parcel") == "delivered"
    await again.stop()
    assert processes_of(tmp_path / "pg" / "data") == []


async def test_it_is_durable_unless_told_otherwise(tmp_path):
    server = PrivatePostgres(tmp_path / "pg")
    await server.start()
    assert await execute(server.url, "SHOW fsync") == "on"
    await server.stop()


async def test_it_does_not_outlive_a_starter_that_was_killed(tmp_path):
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STARTER, str(tmp_path / "pg")), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    assert await starter.stdout.readline()
    left = processes_of(tmp_path / "pg" / "data")
    assert left
    starter.kill()
    await starter.wait()
    _, alive = psutil.wait_procs(left, timeout=10)
    assert alive == []


async def test_a_folder_it_cannot_use_is_named_in_one_line(server, tmp_path):
    await server.stop()
    (tmp_path / "pg" / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(StartError, match=r"PostgreSQL did not start: .*FATAL.*postgres\.log") as e:
        await server.start()
    assert "\n" not in str(e.value)
