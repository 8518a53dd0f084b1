"""`klat serve ROLE` as a process: where its operator's port is, how it starts and how it stops."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from consuming import event, until
from cryptography.fernet import Fernet
from proxy import in_front_of

from tracking.keys import Role
from tracking.local.child import STOP_LIMIT
from tracking.local.endpoint import free_port
from tracking.store.keys import Keys
from tracking.store.pool import open_pool

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
            process.kill()
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


@pytest.mark.parametrize(
    "role", ["web", "ingest", "relay", "clock", "notices", "webhooks", "compensation"]
)
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


async def told(url):
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.text()


async def stopped_listening(port):
    try:
        _, writer = await connect(port)
    except OSError:
        return True
    writer.close()
    return False


async def test_told_to_stop_web_says_so_and_serves_on_until_it_is_out_of_rotation(environment):
    public, ops = (f"http://127.0.0.1:{environment[f'KLAT_{name}_PORT']}" for name in PORTS)
    async with serving(environment, "web", "--drain", "60") as process:
        assert (await answer(f"{ops}/readyz"))[0] in (200, 503)
        process.terminate()
        await until(lambda: _is_draining(ops))
        assert (await told(f"{public}/openapi.json"))[0] == 200
        process.kill()


async def _is_draining(ops):
    status, text = await told(f"{ops}/readyz")
    return status == 503 and json.loads(text)["status"] == "draining"


PORTS = ("HTTP", "OPS")


async def test_what_is_in_hand_is_answered_and_live_pages_are_sent_elsewhere(
    environment, database_url, amqp_url
):
    """Somebody waits for a slow broker's confirm, somebody looks at a parcel: SIGTERM comes."""
    http_port, ops_port = (environment[f"KLAT_{name}_PORT"] for name in PORTS)
    pool = await open_pool(database_url, size=1)
    shop = await Keys(pool).create(Role.MERCHANT, "Shop", now=datetime.now(UTC))
    courier = await Keys(pool).create(Role.COURIER, "c", now=datetime.now(UTC), carrier="omniva")
    await pool.close()
    async with in_front_of(amqp_url) as broker:
        environment["KLAT_AMQP_URL"] = broker.url(amqp_url)
        async with serving(environment, "web", "--drain", "0") as process:
            await until(lambda: _is_ready(ops_port))
            stream, page = await look(http_port, await register(http_port, shop))
            broker.latency = 1.0
            waiting, line = await connect(http_port)
            line.write(POST.format(key=courier, length=len(event())).encode() + event())
            await until(lambda: _is_taken(process, line))
            process.terminate()
            await until(lambda: stopped_listening(http_port))
            assert b"retry: " in await stream.read()
            assert (await waiting.readline()).startswith(b"HTTP/1.1 202")
            for each in (line, page):
                each.close()
            assert await process.wait() == 0


async def connect(port):
    return await asyncio.open_connection("127.0.0.1", int(port))


POST = (
    "POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


async def _is_ready(port):
    """Broker and database: an event must be confirmed."""
    status, text = await answer(f"http://127.0.0.1:{port}/readyz")
    return status == 200 and all(json.loads(text)["checks"].values())


async def _is_taken(process, writer):
    """The process has read all that was sent: the request is in hand."""
    mine = writer.get_extra_info("sockname")[1]
    tables = await asyncio.to_thread(Path(f"/proc/{process.pid}/net/tcp").read_text)
    rows = [line.split() for line in tables.splitlines()[1:]]
    theirs = [row for row in rows if row[2].endswith(f":{mine:04X}")]
    return bool(theirs) and theirs[0][4].endswith(":00000000")


async def register(port, key):
    """The path of a parcel's page."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
    body = {"carrier": "omniva", "tracking_number": "CE1", "order": "1"}
    http = aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers)
    async with http, http.post("/v1/shipments", json=body) as response:
        assert response.status == 201
        return urlsplit((await response.json())["tracking_url"]).path


@pytest.mark.parametrize(
    "role", ["web", "ingest", "relay", "clock", "notices", "webhooks", "compensation"]
)
async def test_it_can_be_stopped_while_the_broker_says_nothing(environment, role):
    """Its first connection is still being made."""
    async with in_front_of(environment["KLAT_AMQP_URL"]) as broker:
        broker.silent = True
        environment["KLAT_AMQP_URL"] = broker.url(environment["KLAT_AMQP_URL"])
        async with serving(environment, role, "--drain", "0") as process:
            await answer(f"http://127.0.0.1:{environment['KLAT_OPS_PORT']}/healthz")
            process.terminate()
            async with asyncio.timeout(STOP_LIMIT):
                assert await process.wait() == 0


async def look(port, path):
    """The stream of a page, once it has begun."""
    reader, writer = await connect(port)
    writer.write(f"GET {path}/stream HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert b" 200 " in await reader.readline()
    return reader, writer


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KLAT_SMS_PROVIDER": "http"}, "KLAT_SMS_URL"),
        ({"KLAT_SMTP_URL": "smtp://127.0.0.1:2525"}, "KLAT_MAIL_FROM"),
        ({"KLAT_SMS_DAILY_CAP": "20"}, "KLAT_SMS_PRICES"),
    ],
)
async def test_settings_that_cannot_work_are_told_also_while_the_database_is_away(
    environment, given, said
):
    """Who starts it again and again would wait for ever for what only its operator can mend."""
    away = {"KLAT_DATABASE_URL": f"postgresql://a@127.0.0.1:{free_port()}/b"}
    async with serving(environment | away | given, "notices") as process:
        complaint = await process.stderr.read()
        assert await process.wait() == 78
    assert said in complaint.decode()
