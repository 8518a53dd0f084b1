"""Facts -> decisions, a batch at a time. A fact is a reason to look; what counts is the state."""

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import structlog
from aiormq.abc import DeliveredMessage
from prometheus_client import CollectorRegistry, Counter

from consumers.notices.concerned import concerned
from consumers.notices.limits import SmsLimits
from consumers.notices.subject import Means, situation_of
from notifier.policy import decide
from schemas.notice import Channel, Decision
from tracking.sealing import Sealer
from tracking.store.desk import Desk, Subject
from tracking.store.notices import Notices
from tracking.store.pool import retried

log = structlog.get_logger()


class DecisionMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.decided = Counter(
            "klat_notices_decided",
            "Notices planned, moved or dropped",
            ["occasion", "channel", "outcome"],
            registry=registry,
        )

    def noted(self, decision: Decision) -> None:
        key = decision.key
        self.decided.labels(key.occasion, key.channel, decision.reason or "planned").inc()


class Deciding:
    """`handle` is what a Runner asks for. `channels` are those that some provider serves."""

    def __init__(
        self,
        notices: Notices,
        sealer: Sealer,
        channels: AbstractSet[Channel],
        metrics: DecisionMetrics,
        wake: Callable[[], None],
        limits: SmsLimits | None = None,
    ) -> None:
        self._notices, self._sealer = notices, sealer
        self._means = Means(channels, limits or SmsLimits())
        self._metrics, self._wake = metrics, wake

    async def handle(self, messages: Sequence[DeliveredMessage]) -> None:
        facts = dict(filter(None, map(_named, (message.body for message in messages))))
        if facts:
            await self.decide(facts, datetime.now(UTC))

    async def decide(self, facts: Mapping[UUID, str], now: datetime) -> None:
        """`facts` by shipment: the ids of the news that made us look. One transaction."""
        decisions = await retried(partial(self._kept, facts, now))
        for _, each in decisions:
            self._metrics.noted(each)
        if decisions:
            self._wake()
        log.debug("notices.decided", decisions=len(decisions), shipments=len(facts))

    async def _kept(
        self, facts: Mapping[UUID, str], now: datetime
    ) -> list[tuple[Subject, Decision]]:
        async with self._notices.desk() as desk:
            decisions = await self._decided(desk, facts, now)
            await desk.decide_notices(decisions, facts, now)
            await desk.answered()
        return decisions

    async def _decided(
        self, desk: Desk, facts: Mapping[UUID, str], now: datetime
    ) -> list[tuple[Subject, Decision]]:
        return [
            (known.subject, decision)
            for known in await concerned(desk, facts, self._sealer)
            for decision in decide(situation_of(known, self._means), now)
        ]


def _named(body: bytes) -> tuple[UUID, str] | None:
    """The shipment and the id of a fact; None where no shop registered it: nobody is to be told.

    Raises ValueError, KeyError, TypeError on what is no fact: it is parked.
    """
    fact = json.loads(body)
    if fact["data"].get("merchant_id") is None:
        return None
    return UUID(fact["subject"]), str(fact["id"])
