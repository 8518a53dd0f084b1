"""One loop owns taking, acknowledging, retrying and parking; handlers only do their work.

A batch that fails is halved until the message that fails alone is found: that one is tried five
times and then parked, the others go on. While the database is away nothing is tried in a hurry and
nothing is acknowledged.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiormq.abc import DeliveredMessage

from consumers.source import MANY, Source
from tracking.errors import StoreUnavailable

log = structlog.get_logger()

BATCH = 500  # messages at the most
AT_ONCE = 2  # batches, while they are large
TRIES = 5
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0  # seconds

Handle = Callable[[Sequence[DeliveredMessage]], Awaitable[None]]
Park = Callable[[DeliveredMessage, str, int], Awaitable[None]]


class Runner:
    """Runs `handle` over everything a source delivers. `park(message, error, tries)` keeps it."""

    def __init__(self, source: Source, handle: Handle, park: Park) -> None:
        self._source, self._handle, self._park = source, handle, park

    @property
    def is_attached(self) -> bool:
        return self._source.is_attached

    async def close(self) -> None:
        await self._source.close()

    async def run(self) -> None:
        """Two batches at a time: while the database works on one, the next is read and decided.

        They may meet on the same parcels; the rows' locks put them in some order, and any is right.
        A small batch is waited for: what comes meanwhile is one batch, not many smaller ones.
        """
        in_hand: deque[asyncio.Task[None]] = deque()
        try:
            while True:
                messages = await self._source.take(BATCH)
                before = in_hand[-1] if in_hand else None
                in_hand.append(asyncio.create_task(self._finish(messages, before)))
                while len(in_hand) >= (AT_ONCE if len(messages) >= MANY else 1):
                    await in_hand[0]
                    in_hand.popleft()
        finally:
            for task in in_hand:
                task.cancel()
            await asyncio.gather(*in_hand, return_exceptions=True)

    async def _finish(
        self, messages: Sequence[DeliveredMessage], before: asyncio.Task[None] | None
    ) -> None:
        """Settle a batch, then acknowledge it, but only after the batch before was.

        One acknowledgement covers everything up to it; should the batch before fail, so does this.
        """
        await self._settle(messages)
        if before is not None:
            await before
        await self._source.done(messages)

    async def _settle(self, messages: Sequence[DeliveredMessage]) -> None:
        """Handle all of them or park those that cannot be; returns only then."""
        try:
            await self._patiently(messages)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the queue
            if len(messages) > 1:
                middle = len(messages) // 2
                await self._settle(messages[:middle])
                await self._settle(messages[middle:])
            else:
                await self._insist(messages[0], error)

    async def _patiently(self, messages: Sequence[DeliveredMessage]) -> None:
        """Handle them, waiting for the database as long as it takes."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._handle(messages)
            except StoreUnavailable as error:
                log.warning("store.unavailable", error=str(error), waiting=len(messages))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_PAUSE)
            else:
                return

    async def _insist(self, message: DeliveredMessage, error: Exception) -> None:
        pause = _FIRST_PAUSE
        for attempt in range(2, TRIES + 1):
            log.warning("message.failed", attempt=attempt - 1, error=type(error).__name__)
            await asyncio.sleep(pause)
            pause *= 2
            try:
                await self._patiently([message])
            except Exception as again:  # noqa: BLE001 - counted, then parked
                error = again
            else:
                return
        await self._park_patiently(message, error)

    async def _park_patiently(self, message: DeliveredMessage, error: Exception) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._park(message, type(error).__name__, TRIES)
            except Exception as again:  # noqa: BLE001 - neither lost nor acknowledged, and said
                log.error("message.not_parked", error=type(again).__name__)  # noqa: TRY400 - no text
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LAST_PAUSE)
            else:
                return
