"""Planned notices -> providers. Claim, look again, note that it goes, send, note how it ended.

Every arrow is a commit of its own and no network lies inside one. Killed before "it goes", a notice
is due again; killed after, nobody knows whether it left: it becomes unknown and is not repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from consumers.notices.gate import Gate, Room
from consumers.notices.preparing import Preparing, Ready
from consumers.notices.retry import ending, untried
from consumers.notices.suppressing import Suppressing
from notifier.channels.base import Handed, Outcome
from notifier.policy import STOPPED
from schemas.notice import Channel, NoticeState
from schemas.suppression import SuppressionReason
from tracking.domain.quota import ALL_SHOPS, PREFIX, Mark
from tracking.errors import KlatError, StoreUnavailable
from tracking.store.notices import Claimed, Ending, Notices
from tracking.store.pool import retried

log = structlog.get_logger()

AT_ONCE = 20  # notices in one turn
TURNS = 2  # at a time
CLAIM_LIMIT = timedelta(minutes=2)  # longer than looking again ever takes
HAND_LIMIT = timedelta(minutes=10)  # longer than any provider's limits together
TOO_LATE = timedelta(hours=1)  # before a text is worthless
_WAITED = timedelta(minutes=1)  # that a due notice was not taken, whoever may take it
_LOOK_EVERY = 20.0  # seconds; rows that another process planned, or left behind
_PAUSE = 1.0  # seconds after a fault

Failed = Callable[[Sequence[Claimed]], Awaitable[None]]


class _Sent(NamedTuple):
    """`bad_address`: where nothing can ever arrive."""

    ending: Ending
    bad_address: str | None


class SendingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Counter(
            "klat_notices", "Notices by how they ended", ["channel", "state"], registry=registry
        )
        self.seconds = Histogram(
            "klat_notice_provider_seconds", "A provider's time", ["channel"], registry=registry
        )


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
        self._suppressing = suppressing
        self._failed, self._metrics, self._gate, self._clock = failed, metrics, gate, clock
        self._looked: datetime | None = None
        self.woken = asyncio.Event()
        self._leaving, self._left = False, asyncio.Event()

    @property
    def channel(self) -> Channel:
        return self._way.channel

    async def run(self) -> None:
        """Until it is told to leave. What the database cannot take now waits."""
        while not self._leaving:
            try:
                self.woken.clear()
                looks = self._is_time_to_look()
                if looks:
                    await self.take_over()
                await self._drain()
                if looks:
                    await self.give_up()
                await self._wait()
            except StoreUnavailable as error:
                log.warning("store.unavailable", error=str(error))
                await asyncio.sleep(_PAUSE)
        self._left.set()

    async def close(self) -> None:
        """Finish what is in hand: a notice that is cut off would be unknown for ever."""
        self._leaving = True
        self.woken.set()
        await self._left.wait()

    async def _drain(self) -> None:
        """While one turn waits for its provider, the next one is read and worded.

        One that fails does not end the other, which may be in the middle of sending.
        """
        turns = (self._turns() for _ in range(TURNS))
        for outcome in await asyncio.gather(*turns, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _turns(self) -> None:
        while not self._leaving and await self.turn():
            pass

    async def _wait(self) -> None:
        """For news, until the next one is due, or until the provider may be given more."""
        if self._leaving:
            return
        due, now = await self._notices.next_due_notice(self._way.channel), self._clock()
        seconds = (due - now).total_seconds() if due else _LOOK_EVERY
        seconds = min(max(seconds, self._gate.wait(now), 0), _LOOK_EVERY)
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return

    def _is_time_to_look(self) -> bool:
        """At what was left behind and what has waited too long: not at every wake."""
        now = self._clock()
        if self._looked and (now - self._looked).total_seconds() < _LOOK_EVERY:
            return False
        self._looked = now
        return True

    async def give_up(self) -> None:
        """Texts that are due, were not taken and soon are worth nothing: a mail still helps."""
        if self._way.channel is not Channel.SMS:
            return  # nothing takes the place of a mail
        now = self._clock()
        while late := await self._notices.give_up_notices(
            self._way.channel, AT_ONCE, due_before=now - _WAITED, late=now + TOO_LATE, now=now
        ):
            endings = [Ending(each, NoticeState.FAILED, "not_taken_in_time") for each in late]
            await self._ended(endings)

    async def take_over(self) -> None:
        """What a sender that died left behind."""
        now = self._clock()
        left = await self._notices.abandoned_notices(
            claimed_before=now - CLAIM_LIMIT, handed_before=now - HAND_LIMIT, now=now
        )
        for notice_id, state in left:
            log.warning("notice.left_behind", message_id=notice_id, state=state)

    async def turn(self) -> bool:
        """Send what is due, as much as there is room for; False when there was none, or nothing."""
        now = self._clock()
        room, sent = self._gate.room(AT_ONCE, now), 0
        if not room.size:
            return False
        try:
            claimed = await self._notices.claim_notices(self._way.channel, room.size, now=now)
            if claimed:
                ready, endings = await self._preparing.prepare(claimed, now)
                await self._settle(endings)
                ours, stopped = await self._handed(ready, now)
                sent = len(ours)
                ended = await self._sent(ours, room)
                await self._settle_patiently([*(each.ending for each in ended), *stopped])
                await self._suppress([each.bad_address for each in ended if each.bad_address])
        finally:
            self._gate.back(room, room.size - sent)
        return bool(claimed)

    async def _handed(
        self, ready: Sequence[Ready], now: datetime
    ) -> tuple[list[Ready], list[Ending]]:
        """Those that are ours to send, at once; and how those end for which no money is left."""
        if not ready:
            return [], []
        handing = [each.handing for each in ready]
        hand = partial(self._notices.hand_notices, handing, self._way.provider, now=now)
        hands = await retried(hand)
        _tell_of(hands.marks)
        stopped = [
            Ending(each.claimed, NoticeState.DROPPED, over.reason)
            for each in handing
            if (over := hands.refused.get(each.claimed.notice_id))
        ]
        return [each for each in ready if each.outgoing.notice_id in hands.ours], stopped

    async def _sent(self, ready: Sequence[Ready], room: Room) -> list[_Sent]:
        return list(await asyncio.gather(*(self._send_in_place(each, room) for each in ready)))

    async def _send_in_place(self, ready: Ready, room: Room) -> _Sent:
        """When it is its turn the provider may have failed others: then it has not left."""
        if not await self._gate.enter():
            return _Sent(untried(ready.handing), None)
        try:
            if self._leaving or not self._gate.is_passable(room, self._clock()):
                return _Sent(untried(ready.handing), None)
            return await self._send(ready)
        finally:
            self._gate.leave()

    async def _send(self, ready: Ready) -> _Sent:
        with self._metrics.seconds.labels(self._way.channel).time():
            try:
                handed = await self._way.send(ready.outgoing)
            except Exception as error:
                # A fault of ours: it may have been sent, so it is not repeated.
                log.exception("notice.not_handed", error_type=type(error).__name__)
                handed = Handed(Outcome.AMBIGUOUS, "fault")
        now = self._clock()
        self._gate.note(handed, now)
        bad = ready.outgoing.to if handed.address_is_bad else None
        ended = ending(ready.handing, handed, now)
        return _Sent(ended._replace(gone=handed.gone), bad)

    async def _suppress(self, bad: Sequence[str]) -> None:
        """What cannot be kept now is said again when the next notice finds it bad, too."""
        if self._suppressing is None:
            return
        try:
            for address in bad:
                await self._suppressing.suppress(
                    self._way.channel, address, SuppressionReason.BAD_ADDRESS, self._clock()
                )
        except KlatError as error:
            log.warning("notices.not_suppressed", error=type(error).__name__)

    async def _settle_patiently(self, endings: Sequence[Ending]) -> None:
        """They have left: forgetting how that ended would make each of them unknown."""
        while True:
            try:
                return await self._settle(endings)
            except StoreUnavailable as error:
                log.warning("store.unavailable", error=str(error), waiting=len(endings))
                await asyncio.sleep(_PAUSE)

    async def _settle(self, endings: Sequence[Ending]) -> None:
        if not endings:
            return
        now = self._clock()
        await retried(partial(self._notices.settle_notices, endings, now=now))
        await self._ended(endings)

    async def _ended(self, endings: Sequence[Ending]) -> None:
        for each in endings:
            self._metrics.ended.labels(self._way.channel, each.state).inc()
            log.info(
                "notice.ended",
                message_id=each.claimed.notice_id,
                shipment_id=each.claimed.shipment_id,
                kind=each.claimed.key.occasion,
                channel=each.claimed.key.channel,
                state=each.state,
                reason=each.reason,
            )
        failed = [each.claimed for each in endings if _needs_another_way(each)]
        if failed:
            await self._try_another_way(failed)

    async def _try_another_way(self, failed: Sequence[Claimed]) -> None:
        try:
            await self._failed(failed)
        except KlatError as error:
            log.warning("notices.not_decided", error=type(error).__name__)


def _needs_another_way(ending_: Ending) -> bool:
    return ending_.state is NoticeState.FAILED or ending_.reason in STOPPED


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
