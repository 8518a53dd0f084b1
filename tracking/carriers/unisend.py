"""Unisend, LP Express and Lietuvos paštas: events of a barcode, in local time without an offset.

`publicEventType` decides. The coarse `publicStateType` is read only for an event that nobody has
mapped, and only where it cannot be mistaken: its PARCEL_DELIVERED may mean the recipient or the
locker, so that word alone decides nothing. The code is the event, or "event/state" where the
state was needed.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Scan
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Carrier, Malformed, Meaning, ParseContext, Parsed
from tracking.carriers.lockers import waits_in
from tracking.carriers.payload import (
    first,
    nested,
    number_of,
    obj,
    place,
    raw_code,
    read_json,
    verdict,
    when,
)
from tracking.carriers.upu import EMSEVT

_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_REDIRECTED = Meaning(Status.IN_TRANSIT, Reason.REDIRECTED)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_IN_LOCKER = Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER)
_DELIVERED = Meaning(Status.DELIVERED)
_FAILED = Meaning(Status.ATTEMPT_FAILED)
_HELD = Meaning(Status.HELD)
_RETURNING = Meaning(Status.RETURNING)
_RETURNED = Meaning(Status.RETURNED, handover=Handover.SENDER)
_LOST = Meaning(Status.EXCEPTION, Reason.CARRIER_LOST)
_DESTROYED = Meaning(Status.EXCEPTION, Reason.CARRIER_DESTROYED)
_CANCELLED = Meaning(Status.CANCELLED)

EVENTS: Mapping[str, Meaning] = {
    **EMSEVT,
    "EME": _MOVING,  # worded "at the customs office": it need not be held there
    "LABEL_CREATED": Meaning(Status.INFO_RECEIVED),
    "LABEL_CANCELLED": _CANCELLED,
    "CANCELLED": _CANCELLED,
    "DA_ACCEPTED": _ACCEPTED,
    "DA_ACCEPTED_LP": _ACCEPTED,
    "ACCEPTED": _ACCEPTED,
    "RECEIVED": _ACCEPTED,
    "LP_RECEIVED": _ACCEPTED,
    "PARCEL_DROPPED": _ACCEPTED,  # put in the sending locker
    "RECEIVED_FROM_ANY_POST": _MOVING,
    "DEP_RECEIVED": _MOVING,
    "DEP_SENT": _MOVING,
    "SENT": _MOVING,
    "DA_EXPORTED": _MOVING,
    "EXPORTED": _MOVING,
    "DA_DELIVERED_LP": _MOVING,  # brought to a post office
    "REDIRECTING": _REDIRECTED,
    "REDIRECTED": _REDIRECTED,
    "REDIRECTED_AT_HOME": _REDIRECTED,
    "REDIRECTED_IN_POST": _REDIRECTED,
    # The courier takes it out of a locker: the sender's, or the recipient's when nobody came.
    "PARCEL_PICKED_UP_BY_DELIVERYAGENT": _MOVING,
    "DA_PASSED_FOR_DELIVERY": _OUT,
    "TRANSFERRED_FOR_DELIVERY": _OUT,
    "PARCEL_DELIVERED": _IN_LOCKER,  # into the recipient's locker, not into their hands
    "FETCHCODE": _IN_LOCKER,
    "INFORMED": INFORMATIONAL,
    "PARCEL_DEMAND": INFORMATIONAL,
    "STORING": INFORMATIONAL,
    "DA_DELIVERED": _DELIVERED,
    "DELIVERED": _DELIVERED,
    "HANDED_IN_BKIS": _DELIVERED,
    "HANDED_IN_POST": Meaning(Status.DELIVERED, handover=Handover.PICKUP_POINT),
    "PARCEL_PICKED_UP_BY_RECIPIENT": Meaning(Status.DELIVERED, handover=Handover.LOCKER),
    "PARCEL_PICKED_UP_AT_LP": Meaning(Status.DELIVERED, handover=Handover.PICKUP_POINT),
    "DA_DELIVERY_FAILED": _FAILED,
    "LP_DELIVERY_FAILED": _FAILED,
    "UNDELIVERED": _FAILED,
    "UNSUCCESSFUL_DELIVERY": _FAILED,
    "ON_HOLD": _HELD,
    "PARCEL_DETAINED": _HELD,
    "DA_RETURNING": _RETURNING,
    "REFUNDING": _RETURNING,
    "DA_RETURNED": _RETURNED,
    "REFUNDED": _RETURNED,
    "REFUNDED_IN_POST": _RETURNED,
    "REFUND_AT_HOME": _RETURNED,
    "PARCEL_LOST": _LOST,
    "DISAPPEARED": _LOST,
    "DEAD": _DESTROYED,  # handed over to be destroyed
    "DESTROYED": _DESTROYED,
    "HANDED_TO_GOVERNMENT": Meaning(Status.EXCEPTION),
    "BP_TERMINAL_REQUEST_ACCEPTED": INFORMATIONAL,
    "BP_TERMINAL_REQUEST_FAILED": INFORMATIONAL,
    "BP_TERMINAL_REQUEST_REJECTEDACCEPTED": INFORMATIONAL,
    "BP_TERMINAL_REQUEST_SENT": INFORMATIONAL,
    "IMPLICATED": INFORMATIONAL,
    "NOT_INCLUDED": INFORMATIONAL,
    "NOT_SET": INFORMATIONAL,
}
_STATES: Mapping[str, Meaning] = {
    "PARCEL_RECEIVED": _ACCEPTED,
    "ON_THE_WAY": _MOVING,
    "RETURNING": _RETURNING,
    "RETURNED_TO_SENDER": _RETURNED,
    "PARCEL_CANCELED": _CANCELLED,
}
CODES: Mapping[str, Meaning] = {**_STATES, **EVENTS}

_STORED = frozenset({"INFORMED", "PARCEL_DEMAND", "STORING"})


def _normalise(code: str) -> str:
    event, _, state = code.strip().upper().partition("/")
    return state if event not in EVENTS and state in _STATES else event


def parse(body: bytes, context: ParseContext) -> Parsed:
    def read(parcel: dict[str, Any], row: Any) -> Scan:
        return _scan(parcel, obj(row), context)

    return nested(read_json(body), "events", read)


def _scan(parcel: dict[str, Any], event: dict[str, Any], context: ParseContext) -> Scan:
    code = _code(first(event, "publicEventType"), first(event, "publicStateType"))
    asked = first(parcel, "mailBarcode", "barcode") or context.tracking_number
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number_of(event, asked, "mailBarcode", "barcode"),
        time=when(event, context.zone or CARRIER.zone, "eventDate"),
        code=raw_code(code),
        **verdict(_meaning(code, first(event, "location"))),
        location=place(event, name="location"),
    )


def _code(event: str | None, state: str | None) -> str:
    if event is None and state is None:
        raise Malformed("publicEventType", "is missing or empty")
    if event is not None and (state in {None, event} or event.upper() in EVENTS):
        return event
    return f"{event or ''}/{state}"


def _meaning(code: str, spot: str | None) -> Meaning | None:
    """A parcel that is stored waits to be collected only where the place is named."""
    where = waits_in(spot) if _normalise(code) in _STORED else None
    if where is not None:
        return Meaning(Status.READY_FOR_PICKUP, handover=where)
    return CARRIER.meaning(code)


CARRIER = Carrier(
    code="unisend",
    name="Unisend",
    zone="Europe/Vilnius",
    codes=CODES,
    parse=parse,
    tracking_page="https://www.post.lt/siuntu-sekimas?parcels={number}",
    normalise=_normalise,
)
