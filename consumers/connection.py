"""Connections to RabbitMQ: retried at the start, published to with a confirm and a time limit."""

import asyncio
import random
import uuid
from collections.abc import Mapping

import aio_pika
import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractRobustConnection

from consumers.topology import EVENTS
from tracking.errors import BrokerUnavailable

log = structlog.get_logger()

PUBLISH_TIMEOUT = 5.0  # seconds until a publish without confirm counts as not accepted
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0  # seconds
FAILURES = (
    OSError,
    TimeoutError,
    RuntimeError,  # a channel that is being reopened
    aiormq.exceptions.AMQPError,
    aio_pika.exceptions.AMQPException,
)


async def connect(url: str, name: str) -> AbstractRobustConnection:
    """Connect, however long the broker takes to come. Heals itself afterwards."""
    wait = _FIRST_RETRY
    while True:
        try:
            return await aio_pika.connect_robust(
                url, client_properties={"connection_name": f"klat {name}"}, reconnect_interval=1
            )
        except (OSError, aiormq.exceptions.AMQPError, aio_pika.exceptions.AMQPException) as error:
            log.warning("broker.unreachable", error=type(error).__name__, retry_in=round(wait, 1))
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            wait = min(wait * 2, _LAST_RETRY)


class Publisher:
    """Publishes with confirms. Returns after the broker's word, else raises BrokerUnavailable."""

    def __init__(self, connection: AbstractRobustConnection, channel: AbstractChannel) -> None:
        self._connection = connection
        self._channel = channel
        self._exchanges: dict[str, AbstractExchange] = {}

    @classmethod
    async def open(cls, connection: AbstractRobustConnection) -> "Publisher":
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        return cls(connection, channel)

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        mandatory: bool = True,
    ) -> None:
        message = aio_pika.Message(
            body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type=content_type,
            # Returns are matched by this id, so every attempt has one of its own.
            message_id=uuid.uuid4().hex,
            headers=dict(headers or {}),
        )
        try:
            target = await self._exchange(exchange)
            await target.publish(message, routing_key, mandatory=mandatory, timeout=PUBLISH_TIMEOUT)
        except FAILURES as error:
            raise BrokerUnavailable(f"not confirmed: {type(error).__name__}") from error

    async def publish_event(
        self, routing_key: str, body: bytes, *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Hand a courier's event to `courier.events`."""
        await self.publish(EVENTS, routing_key, body, headers=headers)

    async def _exchange(self, name: str) -> AbstractExchange:
        known = self._exchanges.get(name)
        if known is None:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                known = await self._channel.get_exchange(name, ensure=False)
            self._exchanges[name] = known
        return known

    @property
    def is_connected(self) -> bool:
        return self._connection.connected.is_set() and not self._channel.is_closed
