"""A change put into words for machines: the fact that it owes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.base import trusted
from schemas.compensation import CompensationState
from schemas.compensation_facts import COMPENSATION_FACTS
from schemas.facts import (
    STATUS_FACTS,
    Fact,
    ShipmentCorrected,
    ShipmentDeliveryRetracted,
    ShipmentDetailsChanged,
    ShipmentRegistered,
    cloud_event,
)
from schemas.shipment import ShipmentState
from schemas.time_facts import TIME_FACTS
from tracking.domain.changes import Owed
from tracking.domain.promise import Promises
from tracking.domain.reckon import Change
from tracking.domain.slip import arrived_at
from tracking.domain.statutory import Statutory
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
    about = _about(change.version, change.state, now)
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


def _about(version: int, state: ShipmentState, now: datetime) -> dict[str, Any]:
    return {
        "version": version,
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


def brought_by_time(
    fact_type: str,
    version: int,
    state: ShipmentState,
    promises: Promises | None,
    law: Statutory | None,
    **about: Any,
) -> Fact:
    """The fact of this type, as the parcel stands. `about`: which parcel, and when it was noted."""
    fields = _about(version, state, about.pop("now")) | about
    if fact_type.startswith("promise."):
        fields["promised_by"] = promises.measure.by if promises else None
        fields["first_promised_by"] = promises.first.by if promises else None
        fields["arrived_at"] = arrived_at(state)
    if law is not None and fact_type.startswith("statutory."):
        fields["due_at"], fields["source"] = law.overdue_at, law.source
    return trusted(TIME_FACTS[fact_type], fields | {"type": fact_type})


def compensated(
    state: CompensationState, version: int, shipment: ShipmentState, **about: Any
) -> Fact:
    """The fact that a compensation is in this state. `about`: which of which parcel, and when."""
    kind = COMPENSATION_FACTS[state]
    fields = _about(version, shipment, about.pop("now")) | about
    return trusted(kind, fields | {"type": kind.model_fields["type"].default})
