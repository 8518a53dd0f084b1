"""What takes a mail that came back: put together here, so that other commands do not load it."""

from prometheus_client import CollectorRegistry

from consumers.notices.parts import coming_back
from consumers.notices.suppressing import CountedSuppressions
from consumers.notices.ways import channels_of
from tracking.commands.stack import Stack
from tracking.store.notices import Notices
from tracking.store.receipts import Receipts


async def take(stack: Stack, raw: bytes) -> None:
    """Raises StoreUnavailable."""
    registry = CollectorRegistry()
    ends = coming_back(
        Notices(stack.pool),
        Receipts(stack.pool),
        stack.sealer,
        channels_of(stack.settings),
        CountedSuppressions(registry),
        registry,
    )
    await ends.bounces.take(raw, stack.now)
