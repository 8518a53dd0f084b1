"""What every fact about a shipment says: the shipment as it stands after the change."""

from datetime import datetime
from uuid import UUID

from schemas.base import Frozen
from schemas.scan import Confidence, Window
from schemas.status import Handover, Reason, Status


class ShipmentFact(Frozen):
    """The shipment as it stands after the change. Instants are UTC."""

    shipment_id: UUID
    version: int
    carrier: str
    tracking_number: str
    merchant_id: UUID | None = None
    order: str | None = None
    status: Status
    reason: Reason | None = None
    handover: Handover | None = None
    since: datetime | None = None
    since_confidence: Confidence = Confidence.EXACT
    attempts: int = 0
    estimate: Window | None = None
    pickup_until: datetime | None = None
    pickup_place_id: str | None = None
    recorded_at: datetime
