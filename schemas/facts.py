"""What Klāt says to the world: facts in the past tense, one name in class, key, log and webhook.

Each leaves on the topic exchange `klat.facts` under its type as routing key, as CloudEvents 1.0
structured JSON. No fact carries a name, phone, address, pickup code or link. Of two facts about a
shipment the one with the higher version is the newer truth.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Frozen
from schemas.compensation_facts import CompensationFact
from schemas.instants import utc_text
from schemas.shipment_fact import ShipmentFact
from schemas.status import Status
from schemas.time_facts import TimeFact


class ShipmentRegistered(ShipmentFact):
    type: Literal["shipment.registered"] = "shipment.registered"


class ShipmentInfoReceived(ShipmentFact):
    type: Literal["shipment.info_received"] = "shipment.info_received"


class ShipmentAccepted(ShipmentFact):
    type: Literal["shipment.accepted"] = "shipment.accepted"


class ShipmentInTransit(ShipmentFact):
    type: Literal["shipment.in_transit"] = "shipment.in_transit"


class ShipmentOutForDelivery(ShipmentFact):
    type: Literal["shipment.out_for_delivery"] = "shipment.out_for_delivery"


class ShipmentReadyForPickup(ShipmentFact):
    type: Literal["shipment.ready_for_pickup"] = "shipment.ready_for_pickup"


class ShipmentAttemptFailed(ShipmentFact):
    type: Literal["shipment.attempt_failed"] = "shipment.attempt_failed"


class ShipmentHeld(ShipmentFact):
    type: Literal["shipment.held"] = "shipment.held"


class ShipmentDelivered(ShipmentFact):
    type: Literal["shipment.delivered"] = "shipment.delivered"


class ShipmentReturning(ShipmentFact):
    type: Literal["shipment.returning"] = "shipment.returning"


class ShipmentReturned(ShipmentFact):
    type: Literal["shipment.returned"] = "shipment.returned"


class ShipmentException(ShipmentFact):
    type: Literal["shipment.exception"] = "shipment.exception"


class ShipmentCancelled(ShipmentFact):
    type: Literal["shipment.cancelled"] = "shipment.cancelled"


class ShipmentExpired(ShipmentFact):
    type: Literal["shipment.expired"] = "shipment.expired"


class ShipmentDeliveryRetracted(ShipmentFact):
    """The carrier took back its "delivered"; `status` is what is true instead."""

    type: Literal["shipment.delivery_retracted"] = "shipment.delivery_retracted"


class ShipmentCorrected(ShipmentFact):
    """What decided the status was taken back; `status` is what is true instead."""

    type: Literal["shipment.corrected"] = "shipment.corrected"


class ShipmentDetailsChanged(ShipmentFact):
    """Same status, something that matters beside it is new: named in `changed`."""

    type: Literal["shipment.details_changed"] = "shipment.details_changed"
    changed: tuple[Literal["estimate", "pickup", "handover", "reason", "registration"], ...]


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
