"""What Klāt says to the world: facts in the past tense, one name in class, key, log and webhook.

Each leaves on the topic exchange `klat.facts` under its type as routing key, as CloudEvents 1.0
structured JSON. No fact carries a name, phone, address, pickup code or link. Of two facts about a
shipment the one with the higher version is the newer truth.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import Field, TypeAdapter

from schemas.api import Money
from schemas.base import Frozen
from schemas.compensation import CompensationState
from schemas.instants import utc_text
from schemas.policy import BonusKind
from schemas.scan import Confidence, Window
from schemas.status import Handover, Reason, Status


class _ShipmentFact(Frozen):
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


class ShipmentRegistered(_ShipmentFact):
    type: Literal["shipment.registered"] = "shipment.registered"


class ShipmentInfoReceived(_ShipmentFact):
    type: Literal["shipment.info_received"] = "shipment.info_received"


class ShipmentAccepted(_ShipmentFact):
    type: Literal["shipment.accepted"] = "shipment.accepted"


class ShipmentInTransit(_ShipmentFact):
    type: Literal["shipment.in_transit"] = "shipment.in_transit"


class ShipmentOutForDelivery(_ShipmentFact):
    type: Literal["shipment.out_for_delivery"] = "shipment.out_for_delivery"


class ShipmentReadyForPickup(_ShipmentFact):
    type: Literal["shipment.ready_for_pickup"] = "shipment.ready_for_pickup"


class ShipmentAttemptFailed(_ShipmentFact):
    type: Literal["shipment.attempt_failed"] = "shipment.attempt_failed"


class ShipmentHeld(_ShipmentFact):
    type: Literal["shipment.held"] = "shipment.held"


class ShipmentDelivered(_ShipmentFact):
    type: Literal["shipment.delivered"] = "shipment.delivered"


class ShipmentReturning(_ShipmentFact):
    type: Literal["shipment.returning"] = "shipment.returning"


class ShipmentReturned(_ShipmentFact):
    type: Literal["shipment.returned"] = "shipment.returned"


class ShipmentException(_ShipmentFact):
    type: Literal["shipment.exception"] = "shipment.exception"


class ShipmentCancelled(_ShipmentFact):
    type: Literal["shipment.cancelled"] = "shipment.cancelled"


class ShipmentExpired(_ShipmentFact):
    type: Literal["shipment.expired"] = "shipment.expired"


class ShipmentDeliveryRetracted(_ShipmentFact):
    """The carrier took back its "delivered"; `status` is what is true instead."""

    type: Literal["shipment.delivery_retracted"] = "shipment.delivery_retracted"


class ShipmentCorrected(_ShipmentFact):
    """What decided the status was taken back; `status` is what is true instead."""

    type: Literal["shipment.corrected"] = "shipment.corrected"


class ShipmentDetailsChanged(_ShipmentFact):
    """Same status, something that matters beside it is new: named in `changed`."""

    type: Literal["shipment.details_changed"] = "shipment.details_changed"
    changed: tuple[Literal["estimate", "pickup", "handover", "reason", "registration"], ...]


class ShipmentStalled(_ShipmentFact):
    """No scan for two working days, though it should move."""

    type: Literal["shipment.stalled"] = "shipment.stalled"


class ShipmentPickupExpired(_ShipmentFact):
    """The time to collect it is over, and nobody did."""

    type: Literal["shipment.pickup_expired"] = "shipment.pickup_expired"


class _PromiseFact(_ShipmentFact):
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


class _StatutoryFact(_ShipmentFact):
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


class _CompensationFact(_ShipmentFact):
    """What a shopper gets by one tier of the shop's policy, as it is after the change. `used`: what
    of it cannot be taken back.
    """

    compensation_id: UUID
    tier: int
    kind: BonusKind
    amount: Money
    used: Money
    why: str | None = None


class CompensationProposed(_CompensationFact):
    """It waits for somebody's yes."""

    type: Literal["compensation.proposed"] = "compensation.proposed"


class CompensationApproved(_CompensationFact):
    """The shop's endpoint is asked to carry it out."""

    type: Literal["compensation.approved"] = "compensation.approved"


class CompensationIssued(_CompensationFact):
    """The shopper has it, or it is worth another sum than before."""

    type: Literal["compensation.issued"] = "compensation.issued"


class CompensationRedeemed(_CompensationFact):
    """All of it is used."""

    type: Literal["compensation.redeemed"] = "compensation.redeemed"


class CompensationRevoked(_CompensationFact):
    """It turned out not to be owed, and what was not used is taken back."""

    type: Literal["compensation.revoked"] = "compensation.revoked"


class CompensationRefused(_CompensationFact):
    """Somebody said no."""

    type: Literal["compensation.refused"] = "compensation.refused"


class CompensationFailed(_CompensationFact):
    """The shop's endpoint does not carry it out."""

    type: Literal["compensation.failed"] = "compensation.failed"


CompensationFact = (
    CompensationProposed
    | CompensationApproved
    | CompensationIssued
    | CompensationRedeemed
    | CompensationRevoked
    | CompensationRefused
    | CompensationFailed
)
StatusFact = (
    ShipmentInfoReceived
    | ShipmentAccepted
    | ShipmentInTransit
    | ShipmentOutForDelivery
    | ShipmentReadyForPickup
    | ShipmentAttemptFailed
    | ShipmentHeld
    | ShipmentDelivered
    | ShipmentReturning
    | ShipmentReturned
    | ShipmentException
    | ShipmentCancelled
    | ShipmentExpired
)
Fact = Annotated[
    StatusFact
    | TimeFact
    | CompensationFact
    | ShipmentRegistered
    | ShipmentDeliveryRetracted
    | ShipmentCorrected
    | ShipmentDetailsChanged,
    Field(discriminator="type"),
]
FACT: TypeAdapter[Fact] = TypeAdapter(Fact)

STATUS_FACTS: Mapping[Status, type[StatusFact]] = {
    Status.INFO_RECEIVED: ShipmentInfoReceived,
    Status.ACCEPTED: ShipmentAccepted,
    Status.IN_TRANSIT: ShipmentInTransit,
    Status.OUT_FOR_DELIVERY: ShipmentOutForDelivery,
    Status.READY_FOR_PICKUP: ShipmentReadyForPickup,
    Status.ATTEMPT_FAILED: ShipmentAttemptFailed,
    Status.HELD: ShipmentHeld,
    Status.DELIVERED: ShipmentDelivered,
    Status.RETURNING: ShipmentReturning,
    Status.RETURNED: ShipmentReturned,
    Status.EXCEPTION: ShipmentException,
    Status.CANCELLED: ShipmentCancelled,
    Status.EXPIRED: ShipmentExpired,
}


TIME_FACTS: Mapping[str, type[TimeFact]] = {
    kind.model_fields["type"].default: kind for kind in get_args(TimeFact)
}
"""What no scan brings, by type."""


COMPENSATION_FACTS: Mapping[CompensationState, type[CompensationFact]] = {
    CompensationState(kind.model_fields["type"].default.removeprefix("compensation.")): kind
    for kind in get_args(CompensationFact)
}


def fact_id(fact: Fact) -> str:
    """One id for one fact, however often it is published."""
    return f"{fact.shipment_id}:{fact.version}:{fact.type}"


class CloudEvent(Frozen):
    """CloudEvents 1.0 envelope, structured mode (https://github.com/cloudevents/spec)."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["klat"] = "klat"
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: Any


def cloud_event(fact: Fact) -> str:
    """The fact as the JSON of a CloudEvent. None of the envelope's values needs escaping."""
    return (
        f'{{"specversion":"1.0","id":"{fact_id(fact)}","source":"klat","type":"{fact.type}",'
        f'"subject":"{fact.shipment_id}","time":"{utc_text(fact.recorded_at)}",'
        f'"datacontenttype":"application/json","data":{fact.model_dump_json(by_alias=True)}}}'
    )
