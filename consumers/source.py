"""Messages in: a bounded buffer that refills itself after every fault.

Below aio-pika on purpose: aiormq hands over a delivery for two thirds of the work, and after a lost
connection everything unacked comes again anyway, so there is nothing to restore but the consumers.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import aiormq
import structlog
from aiormq import Channel
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import ChannelPreconditionFailed

from consumers.prefetch import BUFFER_BYTES, Prefetch

log = structlog.get_logger()

_CHECK_EVERY = 5.0  # seconds of silence after which the consumers are looked at
_BATCH_BYTES = 1024 * 1024  # bodies taken at once, unless one alone is larger
MANY = 32  # messages taken at once that tell of a backlog
_GATHER = 0.002  # seconds
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0  # seconds
_MISMATCH_RETRY = 30.0  # seconds
LOST = (
    OSError,
    TimeoutError,
    aiormq.exceptions.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,  # the channel was closed meanwhile
    asyncio.InvalidStateError,
)

Prepare = Callable[[AbstractChannel], Awaitable[Sequence[str]]]


class Source:
    """Deliveries of some queues. `prepare(channel)` declares what is needed, returns the queues.

    At most `prefetch` deliveries wait here, whatever waits in the broker; fewer where they are so
    large that they would fill the memory.
    """

    def __init__(self, url: str, name: str, prepare: Prepare, *, prefetch: int) -> None:
        self._url, self._name, self._prepare = url, name, prepare
        self._prefetch = Prefetch(prefetch)
        self._waiting: deque[DeliveredMessage] = deque()
        self._arrived = asyncio.Event()
        self._connection: AbstractConnection | None = None
        self._channel: Channel | None = None
        self._consumers = 0
        self._backlog = False
        self._is_calm = False
        self._bytes = 0

    @property
    def is_attached(self) -> bool:
        channel = self._channel
        return (
            channel is not None
            and not channel.is_closed
            and len(channel.consumers) == self._consumers > 0
        )

    async def take(self, most: int) -> list[DeliveredMessage]:
        """Whatever is waiting, up to `most` and a megabyte; waits for the first.

        Reconnects where needed. What was taken before must be done with: it is delivered again.
        """
        while True:
            if self._bytes > BUFFER_BYTES:
                self._take_smaller_bites()
            elif self._is_calm:
                self._channel, self._is_calm = None, False
            if not self.is_attached:
                await self._attach()
            if self._waiting:
                await self._gather(most)
                return self._pop(most)
            self._arrived.clear()
            try:
                async with asyncio.timeout(_CHECK_EVERY):
                    await self._arrived.wait()
            except TimeoutError:
                continue

    async def _gather(self, most: int) -> None:
        """With a backlog behind them, wait for more as long as more comes: a full batch is cheap.

        A message that comes alone does not wait.
        """
        seen = 0
        while self._backlog and seen < len(self._waiting) < most and self._bytes < _BATCH_BYTES:
            seen = len(self._waiting)
            await asyncio.sleep(_GATHER)

    def _pop(self, most: int) -> list[DeliveredMessage]:
        taken: list[DeliveredMessage] = []
        size = 0
        while self._waiting and len(taken) < most and size < _BATCH_BYTES:
            taken.append(self._waiting.popleft())
            size += len(taken[-1].body)
        self._bytes -= size
        self._backlog = len(taken) >= MANY
        self._is_calm = self._prefetch.passed(size, len(taken))
        return taken

    def _take_smaller_bites(self) -> None:
        """Ask the broker for fewer at a time; what waits here goes back to it."""
        self._prefetch.too_large(self._bytes, len(self._waiting))
        self._channel = None

    async def done(self, messages: Sequence[DeliveredMessage]) -> None:
        """Acknowledge all of them. After a lost connection they come again, which is harmless."""
        channel = messages[-1].channel
        tag = messages[-1].delivery_tag
        if channel is not self._channel or tag is None:
            return
        try:
            await channel.basic_ack(tag, multiple=True, wait=False)
        except LOST as error:
            log.warning("ack.lost", source=self._name, error=type(error).__name__)

    async def _attach(self) -> None:
        wait = _FIRST_RETRY
        self._prefetch.lost(time.monotonic())
        while True:
            try:
                await self._close()
                await self._open()
            except ChannelPreconditionFailed as error:
                # Waiting does not help; somebody has to look at the queue. No text of ours in it.
                log.error("topology.mismatch", source=self._name, reason=str(error))  # noqa: TRY400
                await asyncio.sleep(_MISMATCH_RETRY)
            except LOST as error:
                self._prefetch.lost(time.monotonic())
                log.warning("broker.unreachable", source=self._name, error=type(error).__name__)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                wait = min(wait * 2, _LAST_RETRY)
            else:
                log.info("consumer.attached", source=self._name, queues=self._consumers)
                return

    async def _open(self) -> None:
        self._connection = await aiormq.connect(self._url)
        channel = await self._connection.channel(publisher_confirms=False)
        assert isinstance(channel, Channel)
        queues = await self._prepare(channel)
        await channel.basic_qos(prefetch_count=self._prefetch.count)
        self._prefetch.attached(time.monotonic())  # deliveries come, and trouble, from here on
        for queue in queues:
            # By the tag a message tells from which queue it came (consumers.envelope).
            await channel.basic_consume(queue, self._receive, consumer_tag=queue)
        channel.closing.add_done_callback(lambda _: self._arrived.set())
        self._channel, self._consumers = channel, len(queues)

    async def _receive(self, message: DeliveredMessage) -> None:
        self._waiting.append(message)
        self._bytes += len(message.body)
        self._arrived.set()

    async def _close(self) -> None:
        self._waiting.clear()
        self._bytes = 0
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                await connection.close()
            except LOST:
                log.debug("connection.gone", source=self._name)

    async def close(self) -> None:
        """Leave the broker; what was not acknowledged is delivered to somebody else."""
        await self._close()
