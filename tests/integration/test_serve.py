"""`klat serve ROLE` as a process: where its operator's port is, how it starts and how it stops."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from cryptography.fernet import Fernet

from tracking.local.endpoint import free_port

LOOPBACK_TOO = "127.0.0.2"  # another address of this machine


@pytest.fixture
def environment(database_url, amqp_url, tmp_path):
    return os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_DATA_DIR": str(tmp_path),
        "KLAT_HTTP_PORT": str(free_port()),
        "KLAT_OPS_PORT": str(free_port()),
        "KLAT_SECRET_KEYS": Fernet.generate_key().decode(),
        "KLAT_LOG_FORMAT": "json",
    }


@asynccontextmanager
async def serving(environment, role, *options):
    """The process, once it runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tracking", "serve", role, *options),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def answer(url, limit=30):
    """What it says, as soon as somebody listens there."""
    async with asyncio.timeout(limit), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as response:
                    return response.status, await response.text()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("role", ["web", "ingest", "relay"])
async def test_the_operators_port_is_where_it_was_asked_for_and_tells_of_the_process(
    environment, role
):
    port = environment["KLAT_OPS_PORT"]
    async with serving(environment, role, "--ops-host", LOOPBACK_TOO):
        status, told = await answer(f"http://{LOOPBACK_TOO}:{port}/metrics")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(port))
    assert status == 200
    for metric in ("process_cpu_seconds_total", "klat_pool_connections", "klat_loop_lag_seconds"):
        assert f"\n{metric}" in told


async def test_without_a_word_it_is_on_the_loopback_interface_only(environment):
    port = environment["KLAT_OPS_PORT"]
    async with serving(environment, "relay"):
        assert (await answer(f"http://127.0.0.1:{port}/healthz"))[0] == 200
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK_TOO, int(port))
