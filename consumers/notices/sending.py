"""Planned notices -> providers. Claim, look again, note that it goes, send, note how it ended.

Every arrow is a commit of its own and no network lies inside one. Killed before "it goes", a notice
is due again; killed after, nobody knows whether it left: it becomes unknown and is not repeated.

One loop speaks to the database: what has ended is noted and what is ready goes, as far as there are
places, while as much as fits is claimed and worded, for many in one statement. Sends run beside.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from consumers.notices.endings import Ended, Endings, Failed, SendingMetrics
from consumers.notices.gate import Gate
from consumers.notices.giving import Giving
from consumers.notices.preparing import Preparing
from consumers.notices.suppressing import Suppressing
from schemas.notice import Channel, NoticeState
from tracking.errors import KlatError
from tracking.store.notices import LAST_SHOP, Claimed, Ending, Notices

log = structlog.get_logger()

AT_ONCE: Final = 20  # notices of one claim
_LOOK_EVERY: Final = 1.0  # seconds; what another process planned: a shopper may be on the line
_LEAST: Final = 0.05  # seconds; what is due and cannot be claimed is in another one's hands
_GATHER: Final = 0.005  # seconds; what ends meanwhile is noted together
_PAUSE: Final = 1.0  # seconds after a fault


class Sending:
    """Sends what is due by one way. `failed` looks for another way; `clock` is asked each turn."""

    def __init__(
        self,
        notices: Notices,
        preparing: Preparing,
        failed: Failed,
        metrics: SendingMetrics,
        gate: Gate,
        *,
        suppressing: Suppressing | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._notices, self._preparing, self._way = notices, preparing, preparing.way
        self._gate, self._clock = gate, clock
        self.woken = asyncio.Event()
        self._leaving, self._left = False, asyncio.Event()
        self._last = LAST_SHOP
        self._is_behind = False  # more is due than is claimed at once
        self.endings = Endings(notices, self.channel, failed, metrics, clock, suppressing)
        self._giving = Giving(
            notices, self._way, gate, self.endings, metrics, self.woken.set, clock
        )

    @property
    def channel(self) -> Channel:
        return self._way.channel

    async def run(self) -> None:
        """Until it is told to leave. What the database cannot take now waits."""
        try:
            while not self._leaving:
                await self._patiently()
            await self._finish()
        finally:
            for task in self._giving.running:
                task.cancel()
            self.endings.leave()
            self._left.set()

    async def close(self) -> None:
        """Finish what is in hand: a notice that is cut off would be unknown for ever."""
        self._leaving = True
        self._giving.leave()
        self.woken.set()
        await self._left.wait()

    async def _patiently(self) -> None:
        self.woken.clear()
        try:
            if not await self.turn():
                await self._wait()
        except KlatError as error:
            await self._pause(error)
        else:
            await asyncio.sleep(0 if self._is_behind else _GATHER)

    async def _pause(self, error: KlatError) -> None:
        log.warning("notices.waiting", error=type(error).__name__, waiting=len(self.endings))
        await asyncio.sleep(_PAUSE)

    async def turn(self) -> bool:
        """Settle, hand over and claim, as much as there is and fits; False when there was nothing.

        The next are claimed and worded while the database notes what became of those before.
        Raises KlatError; nothing is forgotten then.
        """
        beside = await asyncio.gather(self._go_on(), self._claim(), return_exceptions=True)
        moved, claimed = (_value(each) for each in beside)
        self._is_behind = claimed == AT_ONCE
        if claimed:
            await self._giving.give()
        return moved + claimed > 0

    async def _go_on(self) -> int:
        return await self.endings.settle() + await self._giving.give()

    async def _claim(self) -> int:
        now = self._clock()
        room = min(self._giving.room(now), AT_ONCE)
        if not room:
            return 0
        claimed = await self._notices.claim_notices(self.channel, room, now=now, last=self._last)
        if not claimed:
            return 0
        self._last = _last_shop(claimed, self._last)
        try:
            ready, endings = await self._preparing.prepare(claimed, now)
        except KlatError:
            self.endings.add(*(Ended(Ending(each, NoticeState.PLANNED)) for each in claimed))
            raise
        self.endings.add(*(Ended(each) for each in endings))
        self._giving.add(ready)
        if self._leaving:  # it was told so meanwhile
            self._giving.leave()
        return len(claimed)

    async def _wait(self) -> None:
        """For news, for one that ends, for the next that is due, or until more may go."""
        now = self._clock()
        seconds = min(self._gate.wait(now), _LOOK_EVERY)
        if seconds < _LOOK_EVERY:
            due = await self._notices.next_due_notice(self.channel)
            seconds = max(seconds, (due - now).total_seconds() if due else _LOOK_EVERY, _LEAST)
        try:
            async with asyncio.timeout(min(seconds, _LOOK_EVERY)):
                await self.woken.wait()
        except TimeoutError:
            return

    async def _finish(self) -> None:
        """Each is settled when it ends: there may be no time for all."""
        while self._giving.running or self.endings:
            try:
                await self.endings.settle()
            except KlatError as error:
                await self._pause(error)
            else:
                if self._giving.running and not self.endings:
                    await asyncio.wait(self._giving.running, return_when=asyncio.FIRST_COMPLETED)


def _last_shop(claimed: Sequence[Claimed], before: UUID) -> UUID:
    """The one that had its turn last, of those behind `before` and round to it."""
    shops = {each.merchant_id for each in claimed}
    return max(shops, key=lambda shop: (shop <= before, shop))


def _value(result: int | BaseException) -> int:
    """Of one that ran beside another, which was not cut off by its fault."""
    if isinstance(result, BaseException):
        raise result
    return result
