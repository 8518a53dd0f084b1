"""What each carrier says of each moment: tables from moments to words. Pure.

`handover` is what a reader can know from the words, not what in truth happened: few carriers say
into whose hands they gave a parcel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.status import Handover
from tracking.local.simulate.story import Moment

_LOCKER, _COUNTER = Handover.LOCKER, Handover.PICKUP_POINT


@dataclass(frozen=True, slots=True)
class Word:
    """A carrier's word: the code for machines, the text for people.

    `said` in place of both: the fields of an event in Klāt's own format.
    """

    code: str = ""
    text: str = ""
    handover: Handover | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    from_locker: bool = False


Words = Mapping[Moment, Word]


def _own(said: str, handover: Handover | None = None, reason: str | None = None) -> Word:
    fields = {"status": said, "reason": reason, "handover": handover}
    return Word(handover=handover, said={name: word for name, word in fields.items() if word})


def _locker(code: str, handover: Handover | None = None) -> Word:
    return Word(handover=handover, said={"code": code}, from_locker=True)


def _event(name: str, handover: Handover | None = None) -> Word:
    return Word(f"PACKET_EVENT_{name}", handover=handover)


OMNIVA: Words = {
    Moment.ANNOUNCED: _event("SAVED"),
    Moment.HANDED_OVER: _event("PICKED_UP_WITH_SCAN"),
    Moment.DEPARTED: _event("ON_ROUTE_LIST"),
    Moment.ARRIVED: _event("IN_POSTOFFICE"),
    Moment.OUT: _event("ON_DELIVERY_LIST"),
    Moment.ATTEMPT: _event("DELIVERING_TRY"),
    Moment.BACK_AT_DEPOT: _event("FROM_DELIVERY_LIST"),
    Moment.STORED: _event("STORING", _LOCKER),
    Moment.NOTIFIED: _event("SEND_REC_SMS_NOTIF"),
    Moment.COLLECTED: _event("DELIVERED", _LOCKER),
    Moment.DELIVERED: _event("DELIVERED"),
    Moment.TAKEN_BACK: _event("DELIVERY_CANCELLED"),
    Moment.CUSTOMS: _event("IPS_EXB"),
    Moment.RELEASED: _event("IPS_EXC"),
    Moment.RETURNING: _event("RETURN"),
    Moment.RETURNED: _event("DELIVERED"),
    Moment.LOST: _event("WRITING_OFF"),
    Moment.UNKNOWN: _event("PHOTOGRAPHED"),
}
LOCKERS: Words = {
    Moment.STORED: _locker("stored", _LOCKER),
    Moment.NOTIFIED: _locker("code_sent"),
    Moment.COLLECTED: _locker("collected_by_recipient", _LOCKER),
    Moment.EXPIRED: _locker("expired"),
}
VENIPAK: Words = {
    Moment.ANNOUNCED: Word("0/Shipment created", "At sender"),
    Moment.HANDED_OVER: Word("1/On route", "On route to terminal"),
    Moment.ARRIVED: Word("2/At terminal", "At terminal"),
    Moment.OUT: Word("3/Out for delivery", "On route to receiver"),
    Moment.STORED: Word("6/At pickup waiting for receiver", "At pickup point", _LOCKER),
    Moment.COLLECTED: Word("9/Delivered", "Delivered", _LOCKER),
    Moment.DELIVERED: Word("9/Delivered", "Delivered"),
    Moment.RETURNING: Word("9/Returning", "Returning"),
    Moment.RETURNED: Word("9/Delivered", "Delivered"),
    Moment.UNKNOWN: Word("4/Photographed", "Photographed"),
}
UNISEND: Words = {
    Moment.ANNOUNCED: Word("LABEL_CREATED"),
    Moment.HANDED_OVER: Word("PARCEL_DROPPED", "PARCEL_RECEIVED"),
    Moment.DEPARTED: Word("DEP_SENT", "ON_THE_WAY"),
    Moment.ARRIVED: Word("DEP_RECEIVED", "ON_THE_WAY"),
    Moment.CUSTOMS: Word("PARCEL_DETAINED", "ON_THE_WAY"),
    Moment.RELEASED: Word("EDC", "ON_THE_WAY"),
    Moment.OUT: Word("DA_PASSED_FOR_DELIVERY", "ON_THE_WAY"),
    Moment.ATTEMPT: Word("UNSUCCESSFUL_DELIVERY", "ON_THE_WAY"),
    Moment.STORED: Word("PARCEL_DELIVERED", "PARCEL_DELIVERED", _LOCKER),
    Moment.NOTIFIED: Word("INFORMED", "PARCEL_DELIVERED"),
    Moment.COLLECTED: Word("PARCEL_PICKED_UP_BY_RECIPIENT", "PARCEL_PICKED_UP", _LOCKER),
    Moment.DELIVERED: Word("DELIVERED", "PARCEL_DELIVERED"),
    Moment.EXPIRED: Word("PARCEL_PICKED_UP_BY_DELIVERYAGENT", "ON_THE_WAY"),
    Moment.RETURNING: Word("DA_RETURNING", "RETURNING"),
    Moment.RETURNED: Word("DA_RETURNED", "RETURNED_TO_SENDER", Handover.SENDER),
    Moment.LOST: Word("PARCEL_LOST", "ON_THE_WAY"),
    Moment.UNKNOWN: Word("PARCEL_PHOTOGRAPHED"),
}
# Posti has no codes: beside the text stands the status of the whole parcel.
POSTI: Words = {
    Moment.ANNOUNCED: Word("INFORMATION_RECEIVED", "Item has been registered."),
    Moment.DEPARTED: Word("IN_TRANSPORT", "The item is in transport."),
    Moment.ARRIVED: Word("IN_TRANSPORT", "The item is in sorting."),
    Moment.OUT: Word("IN_TRANSPORT", "Item has been released for delivery."),
    Moment.STORED: Word("READY_FOR_PICKUP", "Item is ready for a pick up.", _LOCKER),
    Moment.NOTIFIED: Word("READY_FOR_PICKUP", "We sent the recipient an email about the item."),
    Moment.COLLECTED: Word("DELIVERED", "The item has been delivered."),
    Moment.DELIVERED: Word("DELIVERED", "The item has been delivered."),
    Moment.RETURNING: Word("RETURNING", "Item has not been collected.Returned to sender."),
    Moment.RETURNED: Word("RETURN_DELIVERED", "The item has been delivered.", Handover.SENDER),
    Moment.UNKNOWN: Word("IN_TRANSPORT", "The item has been photographed."),
}
INPOST: Words = {
    Moment.ANNOUNCED: Word("confirmed"),
    Moment.HANDED_OVER: Word("collected_from_sender"),
    Moment.DEPARTED: Word("sent_from_source_branch"),
    Moment.ARRIVED: Word("adopted_at_sorting_center"),
    Moment.DELAYED: Word("delay_in_delivery"),
    Moment.OUT: Word("out_for_delivery"),
    Moment.ATTEMPT: Word("avizo"),
    Moment.STORED: Word("ready_to_pickup", handover=_LOCKER),
    Moment.NOTIFIED: Word("pickup_reminder_sent"),
    Moment.COLLECTED: Word("delivered"),
    Moment.DELIVERED: Word("delivered"),
    Moment.EXPIRED: Word("pickup_time_expired"),
    Moment.RETURNED: Word("returned_to_sender", handover=Handover.SENDER),
    Moment.UNKNOWN: Word("photographed"),
}
DPD: Words = {
    Moment.HANDED_OVER: Word(text="Received by DPD from consignor."),
    Moment.DEPARTED: Word(text="In transit."),
    Moment.ARRIVED: Word(text="At parcel delivery centre."),
    Moment.OUT: Word(text="Out for delivery."),
    Moment.ATTEMPT: Word(text="Unfortunately we have not been able to deliver your parcel."),
    Moment.STORED: Word(text="Delivered by Driver to Pickup parcelshop.", handover=_COUNTER),
    Moment.COLLECTED: Word(text="Picked up by Consignee from Pickup point.", handover=_COUNTER),
    Moment.DELIVERED: Word(text="Delivered to consignee."),
    Moment.UNKNOWN: Word(text="Photographed."),
}
GLS: Words = {
    Moment.ANNOUNCED: Word("51", "Data entered."),
    Moment.HANDED_OVER: Word("01", "Handed over to GLS."),
    Moment.DEPARTED: Word("02", "Left the depot."),
    Moment.ARRIVED: Word("03", "Reached the depot."),
    Moment.DELAYED: Word("19", "Delayed by the weather."),
    Moment.CUSTOMS: Word("74", "Inspected by customs."),
    Moment.RELEASED: Word("65", "Left customs."),
    Moment.OUT: Word("04", "In delivery."),
    Moment.ATTEMPT: Word("11", "Nobody was at home."),
    Moment.STORED: Word("97", "Placed in the parcel locker.", _LOCKER),
    Moment.COLLECTED: Word("05", "Handed over."),
    Moment.DELIVERED: Word("05", "Handed over."),
    Moment.EXPIRED: Word("57", "Not collected in time."),
    Moment.LOST: Word("43", "Cannot be found."),
    Moment.UNKNOWN: Word("998", "Photographed."),
}
# FedEx's own code, then EasyPost's status.
FEDEX: Words = {
    Moment.ANNOUNCED: Word("OC/pre_transit", "Shipment information sent to FedEx"),
    Moment.HANDED_OVER: Word("PU/in_transit", "Picked up"),
    Moment.DEPARTED: Word("DP/in_transit", "Departed FedEx location"),
    Moment.ARRIVED: Word("AR/in_transit", "Arrived at FedEx location"),
    Moment.DELAYED: Word("DY/in_transit", "Delay"),
    Moment.CUSTOMS: Word("CD/in_transit", "Clearance delay"),
    Moment.RELEASED: Word("CC/in_transit", "International shipment release"),
    Moment.OUT: Word("OD/out_for_delivery", "On FedEx vehicle for delivery"),
    Moment.DELIVERED: Word("DL/delivered", "Delivered"),
    Moment.RETURNING: Word("RS/return_to_sender", "Returning package to shipper"),
    Moment.RETURNED: Word("DL/delivered", "Delivered"),
    Moment.UNKNOWN: Word("ZZ/photographed", "Photographed"),
}
UPU: Words = {
    Moment.HANDED_OVER: Word("EMA"),
    Moment.DEPARTED: Word("EMC"),
    Moment.ARRIVED: Word("EMD"),
    Moment.CUSTOMS: Word("EME"),
    Moment.RELEASED: Word("EDC"),
    Moment.OUT: Word("EDG"),
    Moment.ATTEMPT: Word("EMH"),
    Moment.STORED: Word("EDH"),
    Moment.DELIVERED: Word("EMI"),
    Moment.LOST: Word("EDX"),
    Moment.UNKNOWN: Word("EZZ"),
}
OWN: Words = {
    Moment.ANNOUNCED: _own("info_received"),
    Moment.HANDED_OVER: _own("accepted"),
    Moment.DEPARTED: _own("in_transit"),
    Moment.ARRIVED: _own("in_transit"),
    Moment.DELAYED: _own("in_transit", reason="carrier_vehicle"),
    Moment.OUT: _own("out_for_delivery"),
    Moment.ATTEMPT: _own("attempt_failed", reason="recipient_absent"),
    Moment.BACK_AT_DEPOT: _own("in_transit"),
    Moment.STORED: _own("ready_for_pickup", _COUNTER),
    Moment.COLLECTED: _own("delivered", _COUNTER),
    Moment.DELIVERED: _own("delivered", Handover.RECIPIENT),
    Moment.TAKEN_BACK: Word(said={"retracts": "last_delivery"}),
    Moment.RETURNING: _own("returning", reason="pickup_missed"),
    Moment.RETURNED: _own("returned", Handover.SENDER),
    Moment.LOST: _own("exception", reason="carrier_lost"),
    Moment.UNKNOWN: Word(said={"code": "photographed"}),
}
