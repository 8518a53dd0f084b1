"""From a carrier's reading to what is kept: secrets sealed, keys made."""

from datetime import datetime
from typing import NamedTuple

from schemas.scan import LAST_DELIVERY, Pickup, Scan, scan_digest, scan_key
from tracking.carriers.base import Meaning
from tracking.domain.order import Received
from tracking.sealing import Sealer


class Incoming(NamedTuple):
    """One scan on its way into the store. `raw_digest` names the payload that it came in."""

    received: Received
    digest: bytes
    raw_digest: bytes | None = None

    @property
    def order(self) -> tuple[datetime, bytes]:
        """Of two contents under one event id the first received stands."""
        return self.received.received_at, self.digest


def incoming(
    scan: Scan,
    received_at: datetime,
    sealer: Sealer,
    raw_digest: bytes | None = None,
) -> Incoming:
    digest = scan_digest(scan)
    key = scan_key(scan) if scan.event_id is not None else digest
    if scan.pickup is not None:
        scan = _sealed(scan, scan.pickup, sealer)
    return Incoming(Received(scan, key, received_at), digest, raw_digest)


def read_as(scan: Scan, meaning: Meaning) -> Scan:
    """The scan as this meaning of its code reads it; what the scan itself says wins."""
    return scan.model_copy(
        update={
            "status": meaning.status,
            "reason": scan.reason or meaning.reason,
            "handover": scan.handover or meaning.handover,
            "retracts": scan.retracts or (LAST_DELIVERY if meaning.retracts_delivery else None),
            "recognised": True,
        }
    )


def pickup_context(carrier: str, tracking_number: str) -> str:
    """What a pickup code is sealed to, so that it opens for its own parcel only."""
    return f"pickup:{carrier}:{tracking_number}"


def _sealed(scan: Scan, pickup: Pickup, sealer: Sealer) -> Scan:
    if pickup.code is None and pickup.qr is None:
        return scan
    context = pickup_context(scan.carrier, scan.tracking_number)
    secrets = {"code": pickup.code, "qr": pickup.qr}
    update = {
        name: sealer.seal_text(value, f"{context}:{name}")
        for name, value in secrets.items()
        if value is not None
    }
    return scan.model_copy(update={"pickup": pickup.model_copy(update=update)})
