"""InPost: the ShipX webhook, ShipX shipments and their tracking, and parcels of the consumer app.

`delivered` means collected. The door code and the QR text are given only while the parcel can be
collected, on the event that put it there. An opening of a locker's door is not an event at all.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Location, Pickup, Scan, ScanTime
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Carrier, Meaning, ParseContext, Parsed, text
from tracking.carriers.payload import (
    array,
    collect,
    deadline,
    first,
    number_of,
    obj,
    place,
    raw_code,
    read_json,
    required,
    rows,
    sub,
    verdict,
    when,
)

_ANNOUNCED = Meaning(Status.INFO_RECEIVED)
_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_REDIRECTED = Meaning(Status.IN_TRANSIT, Reason.REDIRECTED)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_AT_COUNTER = Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT)
_FAILED = Meaning(Status.ATTEMPT_FAILED)
_WRONG_ADDRESS = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ADDRESS)
_NO_ACCESS = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ACCESS)
_MISSED = Meaning(Status.HELD, Reason.PICKUP_MISSED)
_DELIVERED = Meaning(Status.DELIVERED)
_CANCELLED = Meaning(Status.CANCELLED)

CODES: Mapping[str, Meaning] = {
    "created": _ANNOUNCED,
    "offers_prepared": _ANNOUNCED,
    "offer_selected": _ANNOUNCED,
    "confirmed": _ANNOUNCED,
    "shipment_confirmed": _ANNOUNCED,  # the webhook's event that carries no status
    "dispatched_by_sender": _ACCEPTED,
    "dispatched_by_sender_to_pok": _ACCEPTED,
    "collected_from_sender": _ACCEPTED,
    "taken_by_courier": _ACCEPTED,
    "taken_by_courier_from_pok": _ACCEPTED,
    "adopted_at_source_branch": _MOVING,
    "sent_from_source_branch": _MOVING,
    "adopted_at_sorting_center": _MOVING,
    "sent_from_sorting_center": _MOVING,
    "adopted_at_target_branch": _MOVING,
    "unstack_from_box_machine": _MOVING,
    "unstack_from_customer_service_point": _MOVING,
    "taken_by_courier_from_customer_service_point": _MOVING,
    "delay_in_delivery": Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY),
    "readdressed": _REDIRECTED,
    "redirect_to_box": _REDIRECTED,
    "canceled_redirect_to_box": _MOVING,
    "permanently_redirected_to_box_machine": _REDIRECTED,
    "permanently_redirected_to_customer_service_point": _REDIRECTED,
    "out_for_delivery": _OUT,
    "out_for_delivery_to_address": _OUT,
    "ready_to_pickup": Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER),
    "ready_for_collection": Meaning(Status.READY_FOR_PICKUP),
    "ready_to_pickup_from_pok": _AT_COUNTER,
    "ready_to_pickup_from_pok_registered": _AT_COUNTER,
    "ready_to_pickup_from_branch": _AT_COUNTER,
    "courier_avizo_in_customer_service_point": _AT_COUNTER,
    "avizo": _FAILED,
    "delivery_attempt_failed": _FAILED,
    "undelivered": _FAILED,
    "undelivered_wrong_address": _WRONG_ADDRESS,
    "undelivered_incomplete_address": _WRONG_ADDRESS,
    "undelivered_unknown_receiver": _WRONG_ADDRESS,
    "undelivered_not_live_address": _WRONG_ADDRESS,
    "undelivered_no_mailbox": _NO_ACCESS,
    "undelivered_lack_of_access_letterbox": _NO_ACCESS,
    "undelivered_cod_cash_receiver": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_PAYMENT),
    "pickup_time_expired": _MISSED,
    "stack_parcel_pickup_time_expired": _MISSED,
    "stack_parcel_in_box_machine_pickup_time_expired": _MISSED,
    "not_collected": _MISSED,
    "stack_in_customer_service_point": Meaning(Status.HELD),
    "oversized": Meaning(Status.HELD, Reason.OVERSIZED),
    "delivered": _DELIVERED,
    "collected_by_customer": _DELIVERED,
    "rejected_by_receiver": Meaning(Status.RETURNING, Reason.RECIPIENT_REFUSED),
    "returned_to_sender": Meaning(Status.RETURNED, handover=Handover.SENDER),
    "canceled": _CANCELLED,
    "cancelled": _CANCELLED,
    "pickup_reminder_sent": INFORMATIONAL,
    "pickup_reminder_sent_address": INFORMATIONAL,
    "avizo_completed": INFORMATIONAL,  # payments: for a longer storage, on delivery
    "avizo_rejected": INFORMATIONAL,
    "cod_completed": INFORMATIONAL,
    "cod_rejected": INFORMATIONAL,
    # Read differently by every public client; a clear status decides.
    "claimed": INFORMATIONAL,
    "stack_in_box_machine": INFORMATIONAL,
    "return_pickup_confirmation_to_sender": INFORMATIONAL,
    "missing": INFORMATIONAL,
    "other": INFORMATIONAL,
}
_STATUS_CHANGED = "shipment_status_changed"  # of the webhook
_STATUS_EVENT = "PARCEL_STATUS"  # of the app's event log
_AT_THE_PLACE = frozenset({Status.READY_FOR_PICKUP, Status.DELIVERED})


def _normalise(code: str) -> str:
    return code.strip().lower()


def parse(body: bytes, context: ParseContext) -> Parsed:
    found = read_json(body)
    # A ShipX shipment has a status and, under `parcels`, the sizes of its pieces.
    lists = () if isinstance(found, dict) and "status" in found else ("items", "parcels")
    return collect(rows(found, *lists), lambda item: _item(obj(item), context))


def _item(item: dict[str, Any], context: ParseContext) -> Scan | Parsed | None:
    if "sessionUuid" in item or "compartment" in item:
        return None
    if "event_ts" in item:
        return _webhook(item, context)
    if "shipmentNumber" in item or "eventLog" in item:
        return _app_parcel(item, context)
    details = item.get("tracking_details")
    if not details:
        return _shipment(item, context)
    return collect(
        array(details, "tracking_details"), lambda row: _tracked(item, obj(row), context)
    )


def _webhook(message: dict[str, Any], context: ParseContext) -> Scan | None:
    """The latest status only. An offer may come before there is a number: nothing to follow yet."""
    event, shipment = required(message, "event"), sub(message, "payload")
    changed = event == _STATUS_CHANGED
    number = first(shipment, "tracking_number") or context.tracking_number
    if number is None and not changed:
        return None
    code = required(shipment, "status") if changed else first(shipment, "status") or event
    time = when(message, _zone(context), "event_ts")
    return _scan(number_of(shipment, number, "tracking_number"), code, time=time)


def _shipment(shipment: dict[str, Any], context: ParseContext) -> Scan:
    return _scan(
        number_of(shipment, context.tracking_number, "tracking_number"),
        required(shipment, "status"),
        time=when(shipment, _zone(context), "updated_at", "created_at"),
        target=_target(shipment),
        note="the time is that of the shipment's last change",
    )


def _tracked(parcel: dict[str, Any], row: dict[str, Any], context: ParseContext) -> Scan:
    return _scan(
        number_of(parcel, context.tracking_number, "tracking_number"),
        required(row, "status"),
        time=when(row, _zone(context), "datetime"),
        target=_target(parcel),
        location=place(row, name="agency"),
    )


def _target(parcel: dict[str, Any]) -> dict[str, Any]:
    """The locker or shop that ShipX sends the parcel to, in the words of the app."""
    attributes = sub(parcel, "custom_attributes")
    detail = sub(attributes, "target_machine_detail")
    machine = first(attributes, "target_machine_id")
    of_a_locker = {"type": ["parcel_locker"]} if machine else {}
    return {**of_a_locker, "name": machine, **detail}


def _app_parcel(parcel: dict[str, Any], context: ParseContext) -> Parsed:
    parsed = collect(
        array(parcel.get("eventLog"), "eventLog"), lambda row: _logged(parcel, obj(row), context)
    )
    ready = [at for at, s in enumerate(parsed.scans) if s.status is Status.READY_FOR_PICKUP]
    pickup = _pickup(parcel, context)
    if ready and pickup:
        latest = max(ready, key=lambda at: parsed.scans[at].time.at)
        parsed.scans[latest] = parsed.scans[latest].model_copy(update={"pickup": pickup})
    return parsed


def _logged(parcel: dict[str, Any], row: dict[str, Any], context: ParseContext) -> Scan:
    kind, name = required(row, "type"), required(row, "name")
    return _scan(
        number_of(parcel, context.tracking_number, "shipmentNumber"),
        name if kind == _STATUS_EVENT else f"{kind}/{name}",
        time=when(row, _zone(context), "date"),
        target=sub(parcel, "pickUpPoint"),
    )


def _pickup(parcel: dict[str, Any], context: ParseContext) -> Pickup | None:
    until = deadline(parcel, _zone(context), "expiryDate")
    collectable = sub(parcel, "operations").get("collect") is True
    code = first(parcel, "openCode") if collectable else None
    qr = parcel.get("qrCode") if collectable else None
    # Shown as it came, so only looked at whether it says something.
    shown = qr if isinstance(qr, str) and text(qr) is not None else None
    return Pickup(until=until, code=code, qr=shown) if until or code or shown else None


def _scan(
    number: str,
    code: str,
    *,
    time: ScanTime,
    target: dict[str, Any] | None = None,
    location: Location | None = None,
    note: str | None = None,
) -> Scan:
    meaning = CARRIER.meaning(code)
    there = meaning is not None and meaning.status in _AT_THE_PLACE and target is not None
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=time,
        code=raw_code(code),
        **verdict(meaning, _kind_of(target) if there and target else None),
        location=(_point(target) if there and target else None) or location,
        note=note,
    )


def _kind_of(target: dict[str, Any]) -> Handover | None:
    types = target.get("type")
    if not isinstance(types, list) or not types:
        return None
    return Handover.LOCKER if "parcel_locker" in types else Handover.PICKUP_POINT


def _point(target: dict[str, Any]) -> Location | None:
    named = {**target, **sub(target, "location"), "street": first(sub(target, "address"), "line1")}
    return place(named, name="name", address="street", lat="latitude", lon="longitude")


def _zone(context: ParseContext) -> str:
    return context.zone or CARRIER.zone


CARRIER = Carrier(
    code="inpost",
    name="InPost",
    zone="Europe/Warsaw",
    codes=CODES,
    parse=parse,
    tracking_page="https://inpost.pl/sledzenie-przesylek?number={number}",
    normalise=_normalise,
)
