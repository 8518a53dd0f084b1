"""The parts of the role `notices`: who decides, one sender for each way, who looks after all."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from aiormq.abc import AbstractChannel
from prometheus_client import CollectorRegistry

from consumers.notices.bounces import Bounces
from consumers.notices.callbacks import Ends
from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.endings import SendingMetrics
from consumers.notices.gate import Gate, GateMetrics, pace_of
from consumers.notices.limits import limits_of
from consumers.notices.preparing import Link, Preparing
from consumers.notices.receipts import ReceiptMetrics, Settling
from consumers.notices.replies import Replies
from consumers.notices.sending import Sending
from consumers.notices.suppressing import Suppressing
from consumers.notices.upkeep import Upkeep
from consumers.parking import Parking
from consumers.runner import BATCH, Runner
from consumers.source import Source
from consumers.topology import NOTICES, NOTICES_QUEUE, declare
from notifier.deliver import Way
from schemas.notice import Channel
from tracking.sealing import Sealer
from tracking.settings import Settings
from tracking.store.notices import Claimed, Notices
from tracking.store.receipts import Receipts


class Parts(NamedTuple):
    deciding: Deciding
    sending: Sequence[Sending]
    upkeep: Upkeep


def notice_parts(
    notices: Notices,
    sealer: Sealer,
    ways: Sequence[Way],
    link: Link,
    suppressing: Suppressing,
    registry: CollectorRegistry,
    settings: Settings,
) -> Parts:
    """Whoever decides wakes the senders; a sender that fails for good asks for another decision."""
    channels, limits = frozenset(way.channel for way in ways), limits_of(settings)
    sending: list[Sending] = []

    def wake() -> None:
        for each in sending:
            each.woken.set()

    deciding = Deciding(notices, sealer, channels, DecisionMetrics(registry), wake, limits)

    async def failed(claimed: Sequence[Claimed]) -> None:
        await deciding.decide(_after_failure(claimed), datetime.now(UTC))

    metrics, gates = SendingMetrics(registry), GateMetrics(registry)
    for way in ways:
        preparing = Preparing(
            notices, way, sealer, link, settings.public_url, limits, channels=channels
        )
        gate = Gate(way.channel, pace_of(settings, way.channel), gates)
        sending.append(Sending(notices, preparing, failed, metrics, gate, suppressing=suppressing))
    texts = next((each.endings for each in sending if each.channel is Channel.SMS), None)
    return Parts(deciding, sending, Upkeep(notices, texts, wake))


def coming_back(
    receipts: Receipts,
    deciding: Deciding,
    suppressing: Suppressing,
    sealer: Sealer,
    registry: CollectorRegistry,
) -> Ends:
    """For who sends nothing himself: receipts, replies and bounces, and what follows from them."""
    settling = Settling(receipts, deciding.decide, ReceiptMetrics(registry))
    replies = Replies(suppressing, registry)
    return Ends(settling, replies, Bounces(settling, suppressing, sealer, registry))


def _after_failure(claimed: Sequence[Claimed]) -> Mapping[UUID, str]:
    return {each.shipment_id: f"failed:{each.notice_id}" for each in claimed}


def notices_runner(url: str, deciding: Deciding, parking: Parking) -> Runner:
    async def prepare(channel: AbstractChannel) -> Sequence[str]:
        await declare(channel, NOTICES)
        return [NOTICES_QUEUE]

    source = Source(url, "notices", prepare, prefetch=2 * BATCH)
    return Runner(source, deciding.handle, parking.park)
