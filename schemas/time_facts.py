"""Facts that no scan brings: time has passed, and a promise, a silence or a term with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

from schemas.shipment_fact import ShipmentFact


class ShipmentStalled(ShipmentFact):
    """No scan for two working days, though it should move."""

    type: Literal["shipment.stalled"] = "shipment.stalled"


class ShipmentPickupExpired(ShipmentFact):
    """The time to collect it is over, and nobody did."""

    type: Literal["shipment.pickup_expired"] = "shipment.pickup_expired"


class _PromiseFact(ShipmentFact):
    """`promised_by` is what it is late against: the first promise, unless the shopper moved it.

    `arrived_at`: when it was handed over or could be collected; null where it was not yet. Nothing
    was promised of a parcel that was reviewed and has neither.
    """

    promised_by: datetime | None
    first_promised_by: datetime | None
    arrived_at: datetime | None = None


class PromiseAtRisk(_PromiseFact):
    """It is expected later than it was promised."""

    type: Literal["promise.at_risk"] = "promise.at_risk"


class PromiseBroken(_PromiseFact):
    type: Literal["promise.broken"] = "promise.broken"


class PromiseOverdue(_PromiseFact):
    """It is so late that a further tier of the shop's policy is reached."""

    type: Literal["promise.overdue"] = "promise.overdue"


class PromiseKept(_PromiseFact):
    type: Literal["promise.kept"] = "promise.kept"


class PromiseKeptLateScan(_PromiseFact):
    """It was said to be broken; a scan that came late shows that it was kept."""

    type: Literal["promise.kept_late_scan"] = "promise.kept_late_scan"


class PromiseReviewed(_PromiseFact):
    """It was looked at anew under the shop's new policy, and stands as before."""

    type: Literal["promise.reviewed"] = "promise.reviewed"


class _StatutoryFact(ShipmentFact):
    """By the law of the country of delivery, which `source` names. A warning, not advice."""

    due_at: datetime
    source: str


class StatutoryDeliveryOverdue(_StatutoryFact):
    """Not delivered by the agreed date, else within 30 days: the shopper may set an extra term."""

    type: Literal["statutory.delivery_overdue"] = "statutory.delivery_overdue"


class StatutoryWithdrawalPossible(_StatutoryFact):
    """The extra term that the shop has set is over, too: the shopper may withdraw."""

    type: Literal["statutory.withdrawal_possible"] = "statutory.withdrawal_possible"


TimeFact = (
    ShipmentStalled
    | ShipmentPickupExpired
    | PromiseAtRisk
    | PromiseBroken
    | PromiseOverdue
    | PromiseKept
    | PromiseKeptLateScan
    | PromiseReviewed
    | StatutoryDeliveryOverdue
    | StatutoryWithdrawalPossible
)
TIME_FACTS: Mapping[str, type[TimeFact]] = {
    kind.model_fields["type"].default: kind for kind in get_args(TimeFact)
}
"""What no scan brings, by type."""
