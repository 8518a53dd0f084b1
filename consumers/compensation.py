"""Facts -> compensations: what is news of a shop's parcel may owe its shopper something, or not."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from aiormq.abc import AbstractChannel, DeliveredMessage
from prometheus_client import CollectorRegistry, Counter

from consumers.parking import Parking
from consumers.runner import BATCH, Runner
from consumers.source import Source
from consumers.topology import COMPENSATION, COMPENSATION_QUEUE, declare
from schemas.compensation import CompensationState

_SKEW: Final = timedelta(minutes=5)


class Judge(Protocol):
    """Judge parcels by their shops' policies. Raises StoreUnavailable."""

    async def __call__(self, ids: Collection[UUID], *, now: datetime) -> None: ...


class JudgingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._moved = Counter(
            "klat_compensations", "Compensations that moved by policy", ["state"], registry=registry
        )

    def noted(self, state: CompensationState) -> None:
        self._moved.labels(state).inc()


class Judging:
    """`handle` is what a Runner asks for."""

    def __init__(
        self, judge: Judge, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._judge, self._now = judge, now

    async def handle(self, messages: Sequence[DeliveredMessage]) -> None:
        """Raises KeyError, TypeError, ValueError on what is no fact: it is parked."""
        facts = [json.loads(message.body) for message in messages]
        facts = [each for each in facts if each["data"].get("merchant_id")]
        ids = {UUID(each["subject"]) for each in facts}
        if ids:
            await self._judge(ids, now=_not_before(facts, self._now()))


def _not_before(facts: Sequence[Any], now: datetime) -> datetime:
    """The clock of the host that told may be ahead of ours: what it says has come has come."""
    told = [datetime.fromisoformat(each["time"]) for each in facts]
    return max([now, *(at for at in told if at - now < _SKEW)])


def compensation_runner(url: str, judging: Judging, parking: Parking) -> Runner:
    async def prepare(channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, COMPENSATION)
        return [COMPENSATION_QUEUE]

    source = Source(url, "compensation", prepare, prefetch=2 * BATCH)
    return Runner(source, judging.handle, parking.park)
