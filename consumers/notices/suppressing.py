"""Addresses that shall not be written to: who says so, and what is kept of it."""

from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from consumers.notices.concerned import address, person_of
from schemas.notice import Addressee, Channel
from schemas.suppression import Level, SuppressionReason
from tracking.contact import open_contact
from tracking.sealing import SealBroken, Sealer
from tracking.store.registrations import RegistrationRow, Registrations
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
        registrations: Registrations,
        sealer: Sealer,
        registry: CollectorRegistry,
    ) -> None:
        self._store, self._registrations, self._sealer = store, registrations, sealer
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
        await self._keep(channel, to, EVERYBODY, reason, now)

    async def suppress_notice(
        self,
        shipment_id: UUID,
        addressee: Addressee,
        channel: Channel,
        reason: SuppressionReason,
        now: datetime,
    ) -> None:
        """By whom a notice went to: who reports of it does not name the address.

        Who complains means this shop. Nothing where the registration is gone or says nobody.
        """
        row = await self._registrations.registration(shipment_id)
        to = self._address(row, addressee, channel) if row else None
        if row is None or to is None:
            return
        of_shop = reason is SuppressionReason.COMPLAINT
        await self._keep(channel, to, row.merchant_id if of_shop else EVERYBODY, reason, now)

    async def unsuppress(self, channel: Channel, to: str, now: datetime) -> None:  # noqa: ARG002 - a row that is gone has no time
        """Its owner wants to be written to again, and wrote so."""
        hashes = address_hashes(self._sealer, channel, to)
        await self._store.lift_suppressions(hashes, channel, EVERYBODY, _ENDED_BY_START)
        self._note(channel, "start")

    def _address(self, row: RegistrationRow, addressee: Addressee, channel: Channel) -> str | None:
        try:
            contact = open_contact(self._sealer, row.shipment_id, row.contact)
        except SealBroken:
            log.warning("contact.sealed_with_another_key", shipment_id=row.shipment_id)
            return None
        return address(person_of(contact, addressee), channel)

    async def _keep(
        self,
        channel: Channel,
        to: str,
        merchant_id: UUID,
        reason: SuppressionReason,
        now: datetime,
    ) -> None:
        newest = address_hashes(self._sealer, channel, to)[0]
        new = Suppression(newest, channel, merchant_id, reason, Level.ALL)
        await self._store.suppress([new], now=now)
        self._note(channel, reason)

    def _note(self, channel: Channel, reason: str) -> None:
        self._asked.labels(channel, reason).inc()
        log.info("suppression.asked", channel=channel, reason=reason)
