"""Messages out: published with a confirm and a time limit, on a connection that heals itself."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractRobustConnection
from aiormq.exceptions import InvalidFrameError, ProbableAuthenticationError

from consumers.declaration import Declaration, Prepare
from consumers.failures import FAILURES
from consumers.topology import EVENTS
from tracking.errors import BrokerUnavailable, ConfigurationError

log = structlog.get_logger()

PUBLISH_TIMEOUT = 5.0  # seconds until a publish without confirm counts as not accepted
CONNECT_LIMIT = 10.0  # seconds that a command waits for the broker
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0  # seconds


class _Connection(aio_pika.RobustConnection):
    """Given up while it is still being made, theirs goes on trying and cannot be cancelled: a
    process that is told to stop just then would never end.
    """

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - theirs
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


class Publisher:
    """Publishes with confirms. Returns after the broker's word, else raises BrokerUnavailable.

    `run` keeps the connection; until it stands, and whenever it does not, nothing is accepted.
    `prepare` declares what is needed, at each connection: the broker may be another one by then.
    """

    def __init__(self, url: str, name: str, prepare: Prepare | None = None) -> None:
        self._url, self._name = url, name
        self._declaration = Declaration(url, name, prepare)
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}
        self._opened = asyncio.Event()
        self._is_lost = False

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
                self._say_unreachable(error)
                await self.close()
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                wait = min(wait * 2, _LAST_RETRY)
        try:
            await self._declaration.keep()
        finally:
            await self.close()

    async def _connect(self) -> None:
        await self._declaration.make()
        connection = await aio_pika.connect_robust(
            self._url,
            client_properties={"connection_name": self._name},
            reconnect_interval=1,
            connection_class=_Connection,
        )
        self._connection = connection
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        connection.close_callbacks.add(self._on_lost)
        connection.reconnect_callbacks.add(self._on_back)
        self._opened.set()
        log.info("publisher.connected", source=self._name)

    def _on_lost(self, _: object, error: BaseException | None) -> None:
        """Called again after each try in vain; one line says it."""
        if self._connection is not None and not self._is_lost:
            self._is_lost = True
            self._say_unreachable(error)

    async def _on_back(self, _: object) -> None:
        try:
            await self._declaration.make()
        except FAILURES as error:
            self._say_unreachable(error)
        else:
            self._is_lost = False
            log.info("publisher.connected", source=self._name)

    def _say_unreachable(self, error: BaseException | None) -> None:
        log.warning("broker.unreachable", source=self._name, error=type(error).__name__)

    async def open(self) -> None:
        """Connect now, or say why not. Raises ConfigurationError, BrokerUnavailable."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                await self._connect()
        except ProbableAuthenticationError:
            raise ConfigurationError("KLAT_AMQP_URL: wrong user or password") from None
        except InvalidFrameError:
            raise ConfigurationError(
                "KLAT_AMQP_URL: no such virtual host, or no permission for it"
            ) from None
        except FAILURES as error:
            raise BrokerUnavailable(f"RabbitMQ unavailable: {type(error).__name__}") from None

    async def close(self) -> None:
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


@asynccontextmanager
async def publishing(url: str, name: str) -> AsyncIterator[Publisher]:
    """For one command. Raises ConfigurationError, BrokerUnavailable."""
    publisher = Publisher(url, name)
    try:
        await publisher.open()
        yield publisher
    finally:
        await publisher.close()
