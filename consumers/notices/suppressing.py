"""Addresses that shall not be written to: who says so, and what is kept of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from schemas.notice import Channel
from schemas.suppression import Level, SuppressionReason
from tracking.sealing import Sealer
from tracking.store.receipts import Settled
from tracking.store.suppressions import EVERYBODY, Suppression, Suppressions
from tracking.suppression import address_hashes

log = structlog.get_logger()

# Who writes from a number shows that it can be reached.
_ENDED_BY_START = (SuppressionReason.STOP, SuppressionReason.BAD_ADDRESS)


class Suppressing:
    """All of it may be said twice. `to` is E.164 or an e-mail address.

    Raises tracking.errors.StoreUnavailable: then it is said again later, or its teller is told so.
    """

    def __init__(
        self,
        store: Suppressions,
        sealer: Sealer,
        registry: CollectorRegistry,
    ) -> None:
        self._store, self._sealer = store, sealer
        self._asked = Counter(
            "klat_suppressions",
            "Addresses that shall not, or may again, be written to",
            ["channel", "reason"],
            registry=registry,
        )

    async def suppress(
        self, channel: Channel, to: str, reason: SuppressionReason, now: datetime
    ) -> None:
        """For every shop: the number and the mailbox are the same for all."""
        await self.suppress_all(channel, [to], reason, now)

    async def suppress_all(
        self, channel: Channel, to: Sequence[str], reason: SuppressionReason, now: datetime
    ) -> None:
        """As `suppress`, in one statement."""
        newest = [address_hashes(self._sealer, channel, each)[0] for each in to]
        await self._keep(channel, newest, EVERYBODY, reason, now)

    async def suppress_notice(
        self, notice: Settled, reason: SuppressionReason, now: datetime
    ) -> None:
        """Where a notice went: who reports of it does not name the address.

        Who complains means this shop. Nothing of a notice of the release before, which did not note
        where it went.
        """
        if notice.address_hash is None:
            return
        of_shop = reason is SuppressionReason.COMPLAINT
        of = notice.merchant_id if of_shop else EVERYBODY
        await self._keep(notice.channel, [notice.address_hash], of, reason, now)

    async def unsuppress(self, channel: Channel, to: str, now: datetime) -> None:  # noqa: ARG002 - a row that is gone has no time
        """Its owner wants to be written to again, and wrote so."""
        hashes = address_hashes(self._sealer, channel, to)
        await self._store.lift_suppressions(hashes, channel, EVERYBODY, _ENDED_BY_START)
        self._note(channel, "start")

    async def _keep(
        self,
        channel: Channel,
        hashes: Sequence[bytes],
        merchant_id: UUID,
        reason: SuppressionReason,
        now: datetime,
    ) -> None:
        new = [Suppression(each, channel, merchant_id, reason, Level.ALL) for each in hashes]
        await self._store.suppress(new, now=now)
        for _ in new:
            self._note(channel, reason)

    def _note(self, channel: Channel, reason: str) -> None:
        self._asked.labels(channel, reason).inc()
        log.info("suppression.asked", channel=channel, reason=reason)
