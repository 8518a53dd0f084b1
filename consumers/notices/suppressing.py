"""Addresses that shall not be written to: who says so, and to whom it is said."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter

from schemas.notice import Addressee, Channel

log = structlog.get_logger()


class Why(StrEnum):
    """Why nothing shall be sent to an address any more."""

    STOP = "stop"  # its owner wrote STOP
    BAD_ADDRESS = "bad_address"  # nothing can ever arrive there
    COMPLAINT = "complaint"  # its owner called a mail spam


class Suppressing(Protocol):
    """All of it may be said twice. `address` is E.164 or an e-mail address.

    Raises tracking.errors.StoreUnavailable: then it is said again later, or its teller is told so.
    """

    async def suppress(self, channel: Channel, address: str, why: Why, now: datetime) -> None: ...

    async def suppress_notice(
        self,
        shipment_id: UUID,
        addressee: Addressee,
        channel: Channel,
        why: Why,
        now: datetime,
    ) -> None:
        """By whom a notice went to: who reports of it does not name the address."""
        ...

    async def unsuppress(self, channel: Channel, address: str, now: datetime) -> None:
        """Its owner wants to be written to again, and wrote so."""
        ...


class CountedSuppressions:
    """Counts what is asked, keeps nothing."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._asked = Counter(
            "klat_suppressions",
            "Addresses that shall not, or may again, be written to",
            ["channel", "reason"],
            registry=registry,
        )

    async def suppress(self, channel: Channel, address: str, why: Why, now: datetime) -> None:  # noqa: ARG002 - nothing is kept of it
        self._note(channel, why)

    async def suppress_notice(
        self,
        shipment_id: UUID,  # noqa: ARG002 - the same
        addressee: Addressee,  # noqa: ARG002 - the same
        channel: Channel,
        why: Why,
        now: datetime,  # noqa: ARG002 - the same
    ) -> None:
        self._note(channel, why)

    async def unsuppress(self, channel: Channel, address: str, now: datetime) -> None:  # noqa: ARG002 - the same
        self._note(channel, "start")

    def _note(self, channel: Channel, reason: str) -> None:
        self._asked.labels(channel, reason).inc()
        log.info("suppression.asked", channel=channel, reason=reason)
