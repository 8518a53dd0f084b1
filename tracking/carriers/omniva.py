"""Omniva: the XML feed and the JSON of OMX. An event's word is matched whole, never by a part.

DELIVERY_CANCELLED takes the latest delivery back; it does not cancel the parcel. A `stateCode` is
a summary, not an event: it is kept where no event code stands beside it, and changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Location, Scan
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Carrier, Malformed, Meaning, ParseContext, Parsed
from tracking.carriers.lockers import waits_in
from tracking.carriers.payload import (
    collect,
    fields_of,
    first,
    is_xml,
    nested,
    number_of,
    obj,
    place,
    raw_code,
    read_json,
    read_xml,
    verdict,
    when,
)
from tracking.carriers.towns import country_of_town
from tracking.carriers.upu import EMSEVT

_PREFIX = "PACKET_EVENT_"
_MOVING = Meaning(Status.IN_TRANSIT)

_OWN: Mapping[str, Meaning] = {
    "SAVED": Meaning(Status.INFO_RECEIVED),
    "TRT_SHIPMENT_REGISTERED": Meaning(Status.INFO_RECEIVED),
    "PICKED_UP_QUANTITATIVELY": Meaning(Status.ACCEPTED),
    "PICKED_UP_WITH_SCAN": Meaning(Status.ACCEPTED),
    "ARRIVED_EXCESS": _MOVING,
    "IN_POSTOFFICE": _MOVING,
    "FROM_CONTAINER": _MOVING,
    "FROM_WAYBILL_LIST": _MOVING,
    "OPENING_CONTAINER": _MOVING,
    "FROM_DELIVERY_LIST": _MOVING,  # back from the courier's round
    "IN_DEST_POSTOFFICE": _MOVING,
    "ON_ROUTE_LIST": _MOVING,
    "IN_CONTAINER": _MOVING,
    "REDIRECTION": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    "ON_DELIVERY_LIST": Meaning(Status.OUT_FOR_DELIVERY),
    "DELIVERY_CALL": INFORMATIONAL,
    "DELIVERING_TRY": Meaning(Status.ATTEMPT_FAILED),
    "STORING": Meaning(Status.READY_FOR_PICKUP),
    "SEND_REC_EMAIL_NOTIF": INFORMATIONAL,
    "SEND_REC_SMS_NOTIF": INFORMATIONAL,
    "DELIVERED": Meaning(Status.DELIVERED),
    "RETURN": Meaning(Status.RETURNING),
    "WRITING_OFF": Meaning(Status.EXCEPTION),
    "DELIVERY_CANCELLED": Meaning(retracts_delivery=True),
}
_STATES = (
    "BEING_TRANSPORTED",
    "CANCELLED",
    "CONFIRMED",
    "DELETED",
    "DELIVERED",
    "DELIVERED_POSTOFFICE",
    "HANDED_OVER_TO_COURIER",
    "HANDED_OVER_TO_PO",
    "IN_CONTAINER",
    "IN_WAREHOUSE",
    "ON_COURIER",
    "ON_HANDOVER_LIST",
    "ON_HOLD",
    "REGISTERED",
    "SAVED",
    "SORTED",
    "UNCONFIRMED",
    "UNCONFIRMED_NO_TARRIF",
    "WAITING_COURIER",
    "WAITING_TRANSPORT",
    "WAITING_UNARRIVED",
    "WRITTEN_OFF",
)
_LONG = {f"IPS_{code}": meaning for code, meaning in EMSEVT.items()}
_SHORT = {f"IPS_{code[2]}": meaning for code, meaning in EMSEVT.items() if code.startswith("EM")}
# Omniva words EME as "customs clearance": the parcel is there, nobody holds it.
_CLEARANCE = {"IPS_E": _MOVING, "IPS_EME": _MOVING}
_SUMMARIES = {f"PACKET_STATE_{state}": INFORMATIONAL for state in _STATES}

CODES: Mapping[str, Meaning] = {**_LONG, **_SHORT, **_CLEARANCE, **_OWN, **_SUMMARIES}

# Only here does the place say into what the parcel was put or given.
_AT_THE_PLACE = frozenset({Status.READY_FOR_PICKUP, Status.DELIVERED})
_NUMBER = ("packetCode", "barcode")


def _normalise(code: str) -> str:
    return code.strip().upper().removeprefix(_PREFIX)


def parse(body: bytes, context: ParseContext) -> Parsed:
    def read(parcel: dict[str, Any], row: Any) -> Scan:
        return _scan(parcel, obj(row), context)

    if not is_xml(body):
        return nested(read_json(body), "events", read)
    events = [row for row in read_xml(body).iter() if row.find("eventCode") is not None]
    return collect(events, lambda row: read({}, fields_of(row)))


def _scan(parcel: dict[str, Any], event: dict[str, Any], context: ParseContext) -> Scan:
    code = raw_code(first(event, "eventCode", "stateCode"))
    if code is None:
        raise Malformed("eventCode", "is missing or empty")
    meaning = CARRIER.meaning(code)
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number_of(
            event, first(parcel, *_NUMBER) or context.tracking_number, *_NUMBER
        ),
        time=when(event, context.zone or CARRIER.zone, "eventDate"),
        code=code,
        **verdict(meaning, _where(meaning, event)),
        location=_place(event),
    )


def _place(event: dict[str, Any]) -> Location | None:
    """`eventSource` is a locker, a depot or a town; of these only a town is shown to everybody."""
    country = country_of_town(first(event, "eventSource") or "")
    if country is None:
        return place(event, name="eventSource")
    return place({**event, "country": country}, city="eventSource", country="country")


def _where(meaning: Meaning | None, event: dict[str, Any]) -> Handover | None:
    at_the_place = meaning is not None and meaning.status in _AT_THE_PLACE
    return waits_in(first(event, "eventSource")) if at_the_place else None


CARRIER = Carrier(
    code="omniva",
    name="Omniva",
    zone="Europe/Tallinn",
    codes=CODES,
    parse=parse,
    tracking_page="https://mana.omniva.lv/track/{number}",
    normalise=_normalise,
)
