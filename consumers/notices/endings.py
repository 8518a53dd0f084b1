"""How notices of one way ended: noted together, told, and what follows from it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from consumers.notices.suppressing import Suppressing
from notifier.obstacles import STOPPED
from schemas.notice import Channel, NoticeState
from schemas.suppression import SuppressionReason
from tracking.errors import KlatError
from tracking.store.notices import Claimed, Ending, Notices
from tracking.store.pool import retried

log = structlog.get_logger()

_AT_ONCE: Final = 100  # in one statement
_MOST: Final = 1000  # that wait for another way; what is beyond is found by `unanswered`

Failed = Callable[[Sequence[Claimed]], Awaitable[None]]


class Ended(NamedTuple):
    """`bad_address`: where nothing can ever arrive."""

    ending: Ending
    bad_address: str | None = None


class SendingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Counter(
            "klat_notices", "Notices by how they ended", ["channel", "state"], registry=registry
        )
        self.seconds = Histogram(
            "klat_notice_provider_seconds", "A provider's time", ["channel"], registry=registry
        )


class Endings:
    """Those that wait to be settled; nothing of them is forgotten while the database is away.

    `failed` looks for another way, beside: no lock of one parcel holds up the endings of others.
    """

    def __init__(
        self,
        notices: Notices,
        channel: Channel,
        failed: Failed,
        metrics: SendingMetrics,
        clock: Callable[[], datetime],
        suppressing: Suppressing | None = None,
    ) -> None:
        self._notices, self.channel, self._failed = notices, channel, failed
        self._metrics, self._clock, self._suppressing = metrics, clock, suppressing
        self._waiting: list[Ended] = []
        self._lost: list[Claimed] = []
        self.answering: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, *ended: Ended) -> None:
        self._waiting.extend(ended)

    async def settle(self) -> int:
        """What waits, in one statement; how many. Raises KlatError, and then they wait on."""
        batch = self._waiting[:_AT_ONCE]
        if not batch:
            return 0
        endings = [each.ending for each in batch]
        settle = partial(self._notices.settle_notices, endings, now=self._clock())
        settled = await retried(settle)
        del self._waiting[: len(batch)]
        # Of what was another one's meanwhile, that one tells; what has left was ours alone.
        ours = (each for each in endings if each.handed_at or each.claimed.notice_id in settled)
        await self._suppress([each.bad_address for each in batch if each.bad_address])
        self.tell(list(ours))
        return len(batch)

    def tell(self, endings: Sequence[Ending]) -> None:
        """Count and log what was settled, and begin to look for another way for what failed."""
        for each in endings:
            self._metrics.ended.labels(self.channel, each.state).inc()
            log.info(
                "notice.ended",
                message_id=each.claimed.notice_id,
                shipment_id=each.claimed.shipment_id,
                kind=each.claimed.key.occasion,
                channel=each.claimed.key.channel,
                state=each.state,
                reason=each.reason,
            )
        self._lost += [each.claimed for each in endings if _needs_another_way(each)]
        del self._lost[_MOST:]
        if self._lost and (self.answering is None or self.answering.done()):
            self.answering = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        while batch := self._lost[:_AT_ONCE]:
            del self._lost[: len(batch)]
            try:
                await self._failed(batch)
            except Exception as error:  # noqa: BLE001 - unanswered.py finds it, and each alone
                log.warning("notices.not_decided", error=type(error).__name__)

    def leave(self) -> None:
        """What still waits for another way is found by the next process."""
        if self.answering is not None:
            self.answering.cancel()

    async def _suppress(self, bad: Sequence[str]) -> None:
        """What cannot be kept now is said again when the next notice finds it bad, too."""
        if self._suppressing is None or not bad:
            return
        try:
            await self._suppressing.suppress_all(
                self.channel, bad, SuppressionReason.BAD_ADDRESS, self._clock()
            )
        except KlatError as error:
            log.warning("notices.not_suppressed", error=type(error).__name__)


def _needs_another_way(ending: Ending) -> bool:
    return ending.state is NoticeState.FAILED or ending.reason in STOPPED
