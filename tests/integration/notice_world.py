"""What comes back to a shop of `notice_shop`: receipts, replies, bounces, and what they cause."""

from dataclasses import dataclass, field

from consuming import SEALER
from notice_shop import Shop
from prometheus_client import CollectorRegistry

from consumers.notices.bounces import Bounces
from consumers.notices.callbacks import Ends
from consumers.notices.receipts import ReceiptMetrics, Settling
from consumers.notices.replies import Replies
from schemas.notice import Channel
from schemas.suppression import SuppressionReason
from tracking.errors import StoreUnavailable
from tracking.store.receipts import Receipts

BOTH = (Channel.SMS, Channel.EMAIL)


@dataclass
class Suppressions:
    """Keeps what it was told, in its order; `away`: it cannot keep anything now."""

    told: list[tuple] = field(default_factory=list)
    away: bool = False

    def _keep(self, *what) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.told.append(what)

    async def suppress(self, channel, address, why: SuppressionReason, now) -> None:
        self._keep(channel, address, why)

    async def suppress_all(self, channel, to, why: SuppressionReason, now) -> None:
        for address in to:
            self._keep(channel, address, why)

    async def suppress_notice(self, notice, why: SuppressionReason, now) -> None:
        self._keep(notice.shipment_id, notice.addressee, notice.channel, why)

    async def unsuppress(self, channel, address, now) -> None:
        self._keep(channel, address, "start")


@dataclass
class World:
    """`ends` are those that the roles use."""

    shop: Shop
    suppressions: Suppressions = field(default_factory=Suppressions)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        decide = self.shop.deciding(*BOTH).decide
        self.settling = Settling(Receipts(self.shop.pool), decide, ReceiptMetrics(self.registry))
        self.replies = Replies(self.suppressions, self.registry)
        self.bounces = Bounces(self.settling, self.suppressions, SEALER, self.registry)
        self.ends = Ends(self.settling, self.replies, self.bounces)

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0
