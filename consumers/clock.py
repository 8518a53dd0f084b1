"""Facts -> deadlines: what has happened to a parcel changes what time will make of it."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from aiormq.abc import AbstractChannel, DeliveredMessage

from consumers.parking import Parking
from consumers.runner import BATCH, Runner
from consumers.source import Source
from consumers.topology import CLOCK, CLOCK_QUEUE, declare


class Look(Protocol):
    """Look at parcels, and keep when to look again. Raises StoreUnavailable."""

    async def __call__(self, ids: Collection[UUID], *, now: datetime) -> None: ...


class Watching:
    """`handle` is what a Runner asks for."""

    def __init__(self, look: Look, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._look, self._now = look, now

    async def handle(self, messages: Sequence[DeliveredMessage]) -> None:
        """Raises KeyError, TypeError, ValueError on what is no fact: it is parked."""
        ids = {UUID(json.loads(message.body)["subject"]) for message in messages}
        await self._look(ids, now=self._now())


def clock_runner(url: str, watching: Watching, parking: Parking) -> Runner:
    async def prepare(channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, CLOCK)
        return [CLOCK_QUEUE]

    source = Source(url, "clock", prepare, prefetch=2 * BATCH)
    return Runner(source, watching.handle, parking.park)
