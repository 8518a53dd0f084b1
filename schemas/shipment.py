"""What is known about a shipment: the state that the fold makes of all its scans."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import Field

from schemas.base import Frozen
from schemas.scan import Confidence, Estimate, Location, Scan
from schemas.status import TERMINAL, Handover, Reason, Status

# Namespace of every derived id; changing it would give every parcel another id.
_NAMESPACE = UUID("6b6c6174-0000-5000-8000-000000000001")

STAGES = (
    Status.INFO_RECEIVED,
    Status.ACCEPTED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.READY_FOR_PICKUP,
    Status.DELIVERED,
    Status.RETURNING,
    Status.RETURNED,
)


def shipment_id(carrier: str, tracking_number: str, journey: int = 1) -> UUID:
    """The id of one journey of a tracking number; journey is 1 until the number is reused."""
    return uuid5(_NAMESPACE, f"{carrier}\x1f{tracking_number}\x1f{journey}")


class ShipmentState(Frozen):
    """The truth about one journey, a pure function of the set of its scans. Instants are UTC.

    `since` is when the present status began (of a failed attempt: the latest attempt), `decided_by`
    the hex key of the scan that began it, `stages` when each stage was first reached, `reasons`
    when each was first told. `estimate_at` is when the estimate was last told, also where it was
    told before.
    `pickup_code` and `pickup_qr` are sealed texts outside tests; they exist only while the parcel
    waits to be collected.
    """

    status: Status = Status.PENDING
    reason: Reason | None = None
    handover: Handover | None = None
    since: datetime | None = None
    since_confidence: Confidence = Confidence.EXACT
    decided_by: str | None = None
    stages: dict[Status, datetime] = Field(default_factory=dict)
    reasons: dict[Reason, datetime] = Field(default_factory=dict)
    attempts: int = 0
    location: Location | None = None
    estimate: Estimate = None
    estimate_at: datetime | None = None
    pickup_place: Location | None = None
    pickup_until: datetime | None = None
    pickup_code: str | None = None
    pickup_qr: str | None = None
    signed_by: str | None = None
    first_scan_at: datetime | None = None
    last_scan_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL


class EntryKind(StrEnum):
    """What a line of the history is."""

    STATUS = "status"
    INFORMATIONAL = "informational"
    UNRECOGNISED = "unrecognised"
    RETRACTION = "retraction"
    RETRACTED = "retracted"


class HistoryEntry(Frozen):
    """One line of a parcel's life, newest first where listed. `at`: the effective instant, UTC."""

    key: str
    kind: EntryKind
    at: datetime
    confidence: Confidence
    received_at: datetime
    version: int
    scan: Scan
