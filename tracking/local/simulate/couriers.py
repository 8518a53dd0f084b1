"""Couriers at work: each drives one parcel after another, all of them within one rate."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from tracking.local.simulate.lives import Lives
from tracking.local.simulate.story import Message

Send = Callable[[Message], Awaitable[bool]]


class Pace:
    """Lets at most `rate` events a second go. After a standstill nothing is made up for."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        loop = asyncio.get_running_loop()
        due = max(self._next, loop.time())
        self._next = due + self._gap
        await asyncio.sleep(due - loop.time())


async def drive(lives: Lives, pace: Pace, send: Send) -> None:
    """One courier: parcels one after another, each told from its beginning to its end."""
    while True:
        for message in lives.next(datetime.now(UTC)).messages:
            await pace.turn()
            await send(message)
