"""Worded notices -> their provider: note that it goes, send, keep how it ended.

Noted is no more than there are places, and each begins at once: whoever is killed leaves no more in
doubt than was on its way.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from consumers.notices.endings import Ended, Endings, SendingMetrics
from consumers.notices.gate import Entered, Gate
from consumers.notices.preparing import Ready
from consumers.notices.retry import ending, untried
from notifier.channels.base import Handed, Outcome
from notifier.deliver import Way
from schemas.notice import NoticeState
from tracking.domain.quota import ALL_SHOPS, PREFIX, Mark
from tracking.errors import KlatError
from tracking.store.notices import Ending, Notices
from tracking.store.pool import retried

log = structlog.get_logger()

FRESH: Final = timedelta(seconds=10)  # what was held against the state longer ago, is so anew


class Giving:
    """`wake` is called when one has ended, which is then among the `endings`."""

    def __init__(
        self,
        notices: Notices,
        way: Way,
        gate: Gate,
        endings: Endings,
        metrics: SendingMetrics,
        wake: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._notices, self._way, self._gate, self._endings = notices, way, gate, endings
        self._metrics, self._wake, self._clock = metrics, wake, clock
        self._ready: deque[Ready] = deque()
        self.running: set[asyncio.Task[None]] = set()
        self._leaving = False

    def room(self, now: datetime) -> int:
        """How many more may be claimed."""
        return 0 if self._leaving else self._gate.room(len(self._ready), now)

    def add(self, ready: Sequence[Ready]) -> None:
        self._ready.extend(ready)

    def leave(self) -> None:
        """What has not left goes back; what is under way is waited for by who says so."""
        self._leaving = True
        self._put_back(len(self._ready))

    async def give(self) -> int:
        """Begin as many as may go; how many moved. Raises KlatError: none of them was sent then."""
        now = self._clock()
        stale = self._put_back(self._stale(now))
        entered = self._gate.enter(len(self._ready), now)
        if not entered.size:
            return stale
        batch = [self._ready.popleft() for _ in range(entered.size)]
        begun = 0
        try:
            for each in await self._handed(batch, now):
                self._begin(each, entered, now)
                begun += 1
        finally:
            self._gate.back(entered, entered.size - begun)
        return len(batch) + stale

    def _stale(self, now: datetime) -> int:
        if self._gate.is_open(now):
            return len(self._ready)
        return sum(now - each.outgoing.values.now > FRESH for each in self._ready)

    def _put_back(self, many: int) -> int:
        """The oldest, which stand first: they are due as before."""
        for _ in range(many):
            self._endings.add(Ended(untried(self._ready.popleft().handing)))
        return many

    async def _handed(self, batch: Sequence[Ready], now: datetime) -> list[Ready]:
        """Those that are ours to send, at once. For the others no money is left."""
        handing = [each.handing for each in batch]
        hand = partial(self._notices.hand_notices, handing, self._way.provider, now=now)
        try:
            hands = await retried(hand)
        except KlatError:
            # Whether it was committed nobody knows, but that none has left.
            unsent = (untried(each)._replace(handed_at=now, in_doubt=True) for each in handing)
            self._endings.add(*(Ended(each) for each in unsent))
            raise
        _tell_of(hands.marks)
        for each in handing:
            if over := hands.refused.get(each.claimed.notice_id):
                stopped = Ending(each.claimed, NoticeState.DROPPED, over.reason)
                self._endings.add(Ended(stopped))
            elif each.claimed.notice_id not in hands.ours:  # the parcel moved on, or it was lost
                self._endings.add(Ended(Ending(each.claimed, NoticeState.PLANNED)))
        return [each for each in batch if each.outgoing.notice_id in hands.ours]

    def _begin(self, ready: Ready, entered: Entered, handed_at: datetime) -> None:
        task = asyncio.create_task(self._give(ready, entered, handed_at))
        self.running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        self._wake()

    async def _give(self, ready: Ready, entered: Entered, handed_at: datetime) -> None:
        """Until it begins the provider may have failed others: then it has not left."""
        if self._leaving or not self._gate.is_passable(entered, self._clock()):
            self._gate.back(entered, 1)
            ended = Ended(untried(ready.handing))
        else:
            try:
                ended = await self._send(ready, entered)
            finally:
                self._gate.leave(entered)
        noted = ended.ending._replace(handed_at=handed_at)
        self._endings.add(ended._replace(ending=noted))

    async def _send(self, ready: Ready, entered: Entered) -> Ended:
        with self._metrics.seconds.labels(self._way.channel).time():
            try:
                handed = await self._way.send(ready.outgoing)
            except Exception as error:
                # A fault of ours: it may have been sent, so it is not repeated.
                log.exception("notice.not_handed", error_type=type(error).__name__)
                handed = Handed(Outcome.AMBIGUOUS, "fault")
        now = self._clock()
        self._gate.note(handed, entered, now)
        bad = ready.outgoing.to if handed.address_is_bad else None
        ended = ending(ready.handing, handed, now)
        spent_no_try = handed.is_untried and ended.state is NoticeState.PLANNED
        return Ended(ended._replace(gone=handed.gone, is_untried=spent_no_try), bad)


def _tell_of(marks: Sequence[Mark]) -> None:
    """Once for each shop and day, or for each range of numbers and hour, in all processes."""
    for meter, _, is_reached in marks:
        kind = "operator" if meter.merchant_id == ALL_SHOPS else "shop"
        if meter.kind == PREFIX:
            log.warning("sms.pumping_suspected", merchant_id=meter.merchant_id)
        elif is_reached:
            log.error("spend.cap_reached", kind=kind, merchant_id=meter.merchant_id)
        else:
            log.warning("spend.cap_near", kind=kind, merchant_id=meter.merchant_id)
