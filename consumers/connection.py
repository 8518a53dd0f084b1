"""Messages out: published with a confirm and a time limit, on a connection that heals itself."""

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
    asyncio.InvalidStateError,
    aiormq.exceptions.AMQPError,
    aio_pika.exceptions.AMQPException,
)


class Publisher:
    """Publishes with confirms. Returns after the broker's word, else raises BrokerUnavailable.

    `run` keeps the connection; until it stands, and whenever it does not, nothing is accepted.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}
        self._opened = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        connection, channel = self._connection, self._channel
        return (
            connection is not None
            and channel is not None
            and connection.connected.is_set()
            and not channel.is_closed
        )

    async def connected(self) -> None:
        """Wait for the first connection."""
        await self._opened.wait()

    async def run(self) -> None:
        """Connect, however long the broker takes to come; stay until cancelled."""
        wait = _FIRST_RETRY
        while self._channel is None:
            try:
                await self._connect()
            except FAILURES as error:
                log.warning("broker.unreachable", error=type(error).__name__)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                wait = min(wait * 2, _LAST_RETRY)
        try:
            await asyncio.Event().wait()
        finally:
            await self._close()

    async def _connect(self) -> None:
        connection = await aio_pika.connect_robust(
            self._url, client_properties={"connection_name": self._name}, reconnect_interval=1
        )
        self._connection = connection
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        self._opened.set()

    async def _close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            await connection.close()

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
        self, routing_key: str, body: bytes, *, headers: Mapping[str, str]
    ) -> None:
        """Hand a courier's event to `courier.events`."""
        content_type = headers.get("content-type", "application/json")
        await self.publish(EVENTS, routing_key, body, headers=headers, content_type=content_type)

    async def _exchange(self, name: str) -> AbstractExchange:
        if self._channel is None or not self.is_connected:
            raise BrokerUnavailable("not connected")
        known = self._exchanges.get(name)
        if known is None:
            known = await self._channel.get_exchange(name, ensure=False)
            self._exchanges[name] = known
        return known
