"""The RabbitMQ example of docs/couriers.md does what it says."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import aio_pika

from consumers.topology import CARRIER_QUEUE, declare, topology

PAGE = Path(__file__).parents[2] / "docs" / "couriers.md"


async def test_the_example_publishes_an_event(amqp_url):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        await declare(await channel.get_underlay_channel(), topology())
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", example, env={**os.environ, "KLAT_AMQP_URL": amqp_url}
        )
        assert await process.wait() == 0
        queue = await channel.get_queue(CARRIER_QUEUE)
        message = await queue.get(no_ack=True)
    assert message.delivery_mode is aio_pika.DeliveryMode.PERSISTENT
    assert json.loads(message.body)["status"] == "out_for_delivery"
