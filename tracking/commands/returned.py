"""What takes a mail that came back: put together here, so that other commands do not load it."""

from prometheus_client import CollectorRegistry

from consumers.notices.deciding import Deciding, DecisionMetrics
from consumers.notices.limits import limits_of
from consumers.notices.parts import coming_back
from consumers.notices.suppressing import Suppressing
from consumers.notices.ways import channels_of
from tracking.commands.stack import Stack
from tracking.store.notices import Notices
from tracking.store.receipts import Receipts
from tracking.store.suppressions import Suppressions


async def take(stack: Stack, raw: bytes) -> None:
    """Raises StoreUnavailable."""
    registry = CollectorRegistry()
    deciding = Deciding(
        Notices(stack.pool),
        stack.sealer,
        channels_of(stack.settings),
        DecisionMetrics(registry),
        wake=lambda: None,
        limits=limits_of(stack.settings),
    )
    suppressing = Suppressing(Suppressions(stack.pool), stack.sealer, registry)
    ends = coming_back(Receipts(stack.pool), deciding, suppressing, stack.sealer, registry)
    await ends.bounces.take(raw, stack.now)
