"""A change put into words for machines: the fact that it owes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.base import trusted
from schemas.facts import (
    STATUS_FACTS,
    Fact,
    ShipmentCorrected,
    ShipmentDeliveryRetracted,
    ShipmentDetailsChanged,
    ShipmentRegistered,
    cloud_event,
)
from tracking.domain.changes import Owed
from tracking.domain.reckon import Change
from tracking.store.changes import ShipmentChange


def announced(
    shipment_id: UUID,
    carrier: str,
    tracking_number: str,
    change: Change,
    *,
    is_new: bool,
    now: datetime,
    merchant_id: UUID | None = None,
    order: str | None = None,
    registered: bool = False,
) -> ShipmentChange:
    """The change with its fact (as a CloudEvent). `now` is when it was recorded."""
    about = _about(change, now)
    about["shipment_id"] = shipment_id
    about["carrier"] = carrier
    about["tracking_number"] = tracking_number
    about["merchant_id"] = merchant_id
    about["order"] = order
    fact = ShipmentRegistered(**about) if registered else _fact(change.owed, change, about)
    return ShipmentChange(
        shipment_id=shipment_id,
        carrier=carrier,
        tracking_number=tracking_number,
        is_new=is_new,
        change=change,
        fact_type=fact.type if fact else None,
        fact=cloud_event(fact) if fact else None,
    )


def _about(change: Change, now: datetime) -> dict[str, Any]:
    state = change.state
    return {
        "version": change.version,
        "status": state.status,
        "reason": state.reason,
        "handover": state.handover,
        "since": state.since,
        "since_confidence": state.since_confidence,
        "attempts": state.attempts,
        "estimate": state.estimate,
        "pickup_until": state.pickup_until,
        "pickup_place_id": state.pickup_place.place_id if state.pickup_place else None,
        "recorded_at": now,
    }


def _fact(owed: Owed | None, change: Change, about: dict[str, Any]) -> Fact | None:
    match owed:
        case None:
            return None
        case Owed(kind="delivery_retracted"):
            return ShipmentDeliveryRetracted(**about)
        case Owed(kind="corrected"):
            return ShipmentCorrected(**about)
        case Owed(kind="details_changed", changed=changed):
            return ShipmentDetailsChanged(**about, changed=changed)
    kind = STATUS_FACTS[change.state.status]
    return trusted(kind, about | {"type": kind.model_fields["type"].default})
