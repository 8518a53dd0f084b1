"""`klat serve webhooks` as a process: a fact becomes a signed post, whoever is killed."""

import json
import os
import sys
from asyncio import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiormq
import pytest
from consuming import channel_to, until
from cryptography.fernet import Fernet
from sms_gateway import answering, hangs, serving
from standardwebhooks import Webhook
from webhook_shop import Shop, fact

from consumers.topology import FACTS, WEBHOOKS, WEBHOOKS_QUEUE, declare
from consumers.webhooks.sending import CLAIM_LIMIT
from schemas.facts import ShipmentDelivered
from tracking.local.child import STOP_LIMIT
from tracking.local.endpoint import free_port
from tracking.sealing import Sealer
from tracking.store.pool import open_pool


@pytest.fixture
async def pool(database_url):
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
def environment(database_url, amqp_url, tmp_path):
    return os.environ | {
        "KLAT_DATABASE_URL": database_url,
        "KLAT_AMQP_URL": amqp_url,
        "KLAT_DATA_DIR": str(tmp_path),
        "KLAT_OPS_PORT": str(free_port()),
        "KLAT_SECRET_KEYS": Fernet.generate_key().decode(),
        "KLAT_LOG_FORMAT": "json",
        "KLAT_WEBHOOK_ALLOW_PRIVATE": "true",
    }


@pytest.fixture
async def shop(pool, environment):
    shop = await Shop.open(pool)
    shop.sealer, shop.now = Sealer([environment["KLAT_SECRET_KEYS"]]), datetime.now(UTC)
    return shop


@asynccontextmanager
async def role(environment):
    process = await subprocess.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tracking", "serve", "webhooks"), env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def publish(url, *bodies):
    async with channel_to(url) as channel:
        await declare(channel, WEBHOOKS)
        for body in bodies:
            await channel.basic_publish(
                body, exchange=FACTS, routing_key=json.loads(body)["type"], mandatory=True
            )


async def waiting(url):
    async with channel_to(url) as channel:
        declared = await channel.queue_declare(WEBHOOKS_QUEUE, passive=True)
    assert isinstance(declared, aiormq.spec.Queue.DeclareOk)
    return declared.message_count


async def test_a_fact_goes_to_whom_it_concerns_and_to_nobody_else(shop, amqp_url, environment):
    """Also what no shop registered, and what is no fact at all: the queue goes on."""
    async with serving(answering(200)) as gateway, role(environment) as process:
        made = await shop.webhook(gateway.url)
        broken = json.dumps({"type": ShipmentDelivered.model_fields["type"].default}).encode()
        nobodys = fact(None, 1)
        await publish(amqp_url, nobodys, broken, fact(shop.merchant_id, 2))
        await until(lambda: arrived(gateway, 1))
        told = Webhook(made.secret).verify(gateway.bodies[0], dict(gateway.requests[0].headers))
        assert told["data"]["order"] == "2"
        await publish(amqp_url, fact(shop.merchant_id, 2), fact(shop.merchant_id, 3))
        await until(lambda: arrived(gateway, 2))
        process.terminate()
        assert await process.wait() == 0
    assert [json.loads(body)["data"]["order"] for body in gateway.bodies] == ["2", "3"]
    assert await shop.pool.fetchval("SELECT count(*) FROM parked_message") == 1
    assert await waiting(amqp_url) == 0


async def arrived(gateway, count):
    return len(gateway.requests) >= count


async def test_killed_in_the_middle_of_a_post_another_sends_it_with_the_same_id(
    shop, amqp_url, environment
):
    async with serving(hangs) as gateway:
        await shop.webhook(gateway.url)
        async with role(environment) as process:
            await publish(amqp_url, fact(shop.merchant_id))
            await gateway.asked.wait()
            process.kill()
        gateway.behave = answering(200)
        await shop.pool.execute(
            "UPDATE webhook_delivery SET tried_at = tried_at - $1::interval", CLAIM_LIMIT
        )
        async with role(environment):
            await until(lambda: arrived(gateway, 2))
            await until(lambda: is_delivered(shop))
    assert len({request.headers["webhook-id"] for request in gateway.requests}) == 1


async def is_delivered(shop):
    return (await shop.row())["state"] == "delivered"


async def test_it_stops_in_time_while_a_shop_hangs(shop, amqp_url, environment):
    async with serving(hangs) as gateway, role(environment) as process:
        await shop.webhook(gateway.url)
        await publish(amqp_url, fact(shop.merchant_id))
        await gateway.asked.wait()
        process.terminate()
        await until(lambda: has_ended(process), seconds=STOP_LIMIT)
        assert process.returncode == 0
        row = await shop.row()
    assert (row["state"], row["outcome"]) == ("waiting", "interrupted")


async def has_ended(process):
    return process.returncode is not None
