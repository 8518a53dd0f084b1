"""klat.live -> the live hub of this process, through a queue that lives and dies with it."""

import json
from collections.abc import Sequence
from uuid import UUID

import structlog
from aiormq.abc import AbstractChannel, DeliveredMessage

from consumers.source import Source
from consumers.topology import EXCHANGES, LIVE, LIVE_NUMBER, LIVE_RELAY, declare
from tracking.live import LiveHub

log = structlog.get_logger()

_PREFETCH = 100
_MOST_WAITING = 2000  # messages; older ones make room, and everybody reads the store


class LiveUpdates:
    def __init__(self, url: str, hub: LiveHub) -> None:
        self._hub = hub
        self._last: tuple[str, int] | None = None
        self._source = Source(url, "live_updates", self._prepare, prefetch=_PREFETCH)

    @property
    def is_attached(self) -> bool:
        return self._source.is_attached

    async def _prepare(self, channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, EXCHANGES)
        declared = await channel.queue_declare(
            exclusive=True, auto_delete=True, arguments={"x-max-length": _MOST_WAITING}
        )
        assert declared.queue is not None
        await channel.queue_bind(declared.queue, LIVE)
        self._last = None
        self._hub.catch_up()  # what happened while nobody listened was missed
        return [declared.queue]

    async def run(self) -> None:
        while True:
            messages = await self._source.take(_PREFETCH)
            for message in messages:
                self._spread(message)
            await self._source.done(messages)

    def _spread(self, message: DeliveredMessage) -> None:
        try:
            if not self._follows(message):
                self._hub.catch_up()  # the queue was full, or another relay took over
            told: list[tuple[str, int]] = json.loads(message.body)
            for shipment_id, version in told:
                self._hub.publish(UUID(shipment_id), int(version))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            # Only the relay writes here; should anybody else, the pages read the store.
            log.warning("live.unreadable", error=type(error).__name__)
            self._hub.catch_up()

    def _follows(self, message: DeliveredMessage) -> bool:
        """Is it the next one of the same relay, or the first of all?"""
        headers = message.header.properties.headers or {}
        relay, number = str(headers.get(LIVE_RELAY)), int(str(headers.get(LIVE_NUMBER)))
        before, self._last = self._last, (relay, number)
        return before is None or before == (relay, number - 1)

    async def close(self) -> None:
        await self._source.close()
