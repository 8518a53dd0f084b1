"""Deliveries -> webhooks. Claim, post, note how it ended; a delivery that repeats has the same id.

One loop speaks to the database: what has ended is noted and as much as fits is claimed, in one
transaction, while posts run beside it; no post lies inside one. A process that is killed leaves
claimed rows behind, which are due again after CLAIM_LIMIT.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from consumers.webhooks.health import SLOW_AFTER, Tried, after
from consumers.webhooks.metrics import SendingMetrics
from consumers.webhooks.posting import Posting
from consumers.webhooks.verdict import Verdict, verdict
from notifier.channels.webhook import Failure, Reply
from schemas.webhook import DeliveryState
from tracking.domain.places import Held, Places, Room, room
from tracking.errors import KlatError
from tracking.store.deliveries import Claimed, Health, Settled, WebhookKey
from tracking.turns import Deliveries, Turn

log = structlog.get_logger()

PLACES: Final = Places()
CLAIM_LIMIT: Final = timedelta(minutes=2)  # longer than all posts to one, after one another
_TAKE_OVER_EVERY: Final = timedelta(seconds=20)
_LOOK_EVERY: Final = 1.0  # seconds; what another process planned, or what comes due
_GATHER: Final = 0.005  # seconds; what ends meanwhile is noted together
_PAUSE: Final = 1.0  # seconds after a fault
FINISH_LIMIT: Final = 6.0  # seconds for what is in hand at a stop


class InHand(NamedTuple):
    claimed: Claimed
    since: float

    def held(self, now: float) -> Held:
        target = self.claimed.target
        return Held(target.merchant_id, target.is_slow or now - self.since > SLOW_AFTER)


class Ended(NamedTuple):
    claimed: Claimed
    reply: Reply
    verdict: Verdict
    seconds: float

    def settled(self) -> Settled:
        state, due_at, outcome = self.verdict[:3]
        taken = round(self.seconds * 1000)
        return Settled(self.claimed, state, due_at, outcome, self.reply.status, taken)


class Sending:
    """Posts what is due. `clock` is asked each turn, `spread` for each pause.

    `timer` counts seconds, from wherever.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        posting: Posting,
        metrics: SendingMetrics,
        *,
        places: Places = PLACES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Callable[[], float] = time.monotonic,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self._deliveries, self._posting, self._metrics = deliveries, posting, metrics
        self._places = places
        self._clock, self._timer, self._spread = clock, timer, spread
        self._running: set[asyncio.Task[None]] = set()
        self._in_hand: dict[UUID, InHand] = {}
        self._ended: list[Ended] = []
        self._took_over: datetime | None = None
        self.woken = asyncio.Event()
        self._leaving, self._left = False, asyncio.Event()

    async def run(self) -> None:
        """Until it is told to leave. What the database cannot take now waits."""
        try:
            while not self._leaving:
                await self._patiently()
            await self._finish()
        finally:
            self._left.set()

    async def close(self) -> None:
        """Finish what is in hand, as far as there is time; the rest is due again at once."""
        self._leaving = True
        self.woken.set()
        await self._left.wait()

    async def _patiently(self) -> None:
        self.woken.clear()
        try:
            claimed = await self.turn()
            await self.take_over()  # after what has ended was noted: it is none that was left
        except KlatError as error:
            self._tell_that_it_waits(error)
            await asyncio.sleep(_PAUSE)
        else:
            await (asyncio.sleep(_GATHER) if claimed else self._wait())

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                await self.woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_GATHER)

    async def take_over(self) -> None:
        """What a sender that died left behind; looked for now and then."""
        now = self._clock()
        if self._took_over is not None and now - self._took_over < _TAKE_OVER_EVERY:
            return
        left = await self._deliveries.take_over(before=now - CLAIM_LIMIT, now=now)
        self._took_over = now
        for webhook_id, delivery_id in left:
            log.warning("delivery.left_behind", webhook_id=webhook_id, delivery_id=delivery_id)

    async def turn(self, *, claim: bool = True) -> int:
        """Note what has ended and begin with what is due; how many that are."""
        ended, self._ended = self._ended, []
        tries = {each.claimed.delivery_id: Tried(each.verdict, each.seconds) for each in ended}
        now = self._clock()

        def judge(health: Health, ids: Sequence[UUID]) -> Health:
            return after(health, [tries[each] for each in ids], now)

        try:
            settled = [each.settled() for each in ended]
            left = self._room() if claim else None
            turn = await self._deliveries.turn(settled, judge, now=now, room=left)
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise
        self._tell(ended, turn)
        self._in_hand |= {each.delivery_id: InHand(each, self._timer()) for each in turn.claimed}
        for chain in _chains(turn.claimed):
            self._begin(chain)
        return len(turn.claimed)

    def _room(self) -> Room:
        now = self._timer()
        return room(self._places, [each.held(now) for each in self._in_hand.values()])

    def _begin(self, chain: Sequence[Claimed]) -> None:
        task = asyncio.create_task(self._post(chain))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _post(self, chain: Sequence[Claimed]) -> None:
        """One after the other."""
        for place, claimed in enumerate(chain):
            started = self._timer()
            try:
                reply = await self._posting.post(claimed, self._clock())
            except asyncio.CancelledError:
                for each in chain[place:]:
                    self._end(each, Reply(failure=Failure.INTERRUPTED), 0)
                raise
            self._end(claimed, reply, self._timer() - started)

    def _end(self, claimed: Claimed, reply: Reply, seconds: float) -> None:
        self._in_hand.pop(claimed.delivery_id, None)  # it may have been claimed twice by us
        found = verdict(reply, claimed.tries, self._clock(), self._spread())
        self._ended.append(Ended(claimed, reply, found, seconds))
        self.woken.set()

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=FINISH_LIMIT)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        try:
            await self.turn(claim=False)
        except KlatError as error:
            self._tell_that_it_waits(error)

    def _tell_that_it_waits(self, error: KlatError) -> None:
        waiting = len(self._in_hand) + len(self._ended)
        log.warning("webhooks.waiting", error=type(error).__name__, waiting=waiting)

    def _tell(self, ended: Sequence[Ended], turn: Turn) -> None:
        for each in ended:
            self._metrics.tries.labels(each.verdict.outcome).inc()
            if each.reply.status is not None:
                self._metrics.seconds.observe(each.seconds)
            self._tell_of(each)
        for (_, webhook_id), health in turn.changed.items():
            if health.reason is not None:
                self._metrics.disabled.labels(health.reason).inc()
                log.warning("webhook.disabled", webhook_id=webhook_id, reason=health.reason)

    def _tell_of(self, ended: Ended) -> None:
        about = {
            "webhook_id": ended.claimed.target.webhook_id,
            "delivery_id": ended.claimed.delivery_id,
            "outcome": ended.verdict.outcome,
            "status_code": ended.reply.status,
            "tries": ended.claimed.tries,
        }
        if ended.verdict.state is DeliveryState.FAILED:
            self._metrics.given_up.inc()
            log.warning("delivery.given_up", **about)
        else:
            log.debug("delivery.tried", **about)


def _chains(claimed: Sequence[Claimed]) -> list[list[Claimed]]:
    """News of one parcel for one webhook go after one another: their order is not shuffled here."""
    chains: dict[tuple[WebhookKey, str], list[Claimed]] = {}
    for each in claimed:
        parcel = (each.fact_id or str(each.delivery_id)).partition(":")[0]
        chains.setdefault((each.target.key, parcel), []).append(each)
    return list(chains.values())
