"""What people write back: STOP and START are acted on, all of it is counted, none of it kept."""

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter

from consumers.notices.suppressing import Suppressing
from notifier.replies import Meaning, Reply, meaning
from schemas.notice import Channel
from schemas.suppression import SuppressionReason


class Replies:
    def __init__(self, suppressing: Suppressing, registry: CollectorRegistry) -> None:
        self._suppressing = suppressing
        self._taken = Counter(
            "klat_inbound_messages",
            "Text messages that people sent us, by what they mean",
            ["provider", "meaning"],
            registry=registry,
        )

    async def take(self, provider: str, replies: Sequence[Reply | None], now: datetime) -> None:
        """In the order in which they came. Raises StoreUnavailable: then all of them come again."""
        for each in replies:
            self._taken.labels(provider, await self._acted_on(each, now)).inc()

    async def _acted_on(self, reply: Reply | None, now: datetime) -> str:
        if reply is None or reply.sender is None:
            return "unreadable"
        meant = reply.meaning or meaning(reply.text)
        match meant:
            case Meaning.STOP:
                await self._suppressing.suppress(
                    Channel.SMS, reply.sender, SuppressionReason.STOP, now
                )
            case Meaning.START:
                await self._suppressing.unsuppress(Channel.SMS, reply.sender, now)
            case Meaning.OTHER:
                pass
        return meant
