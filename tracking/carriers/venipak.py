"""Venipak: the events of its public tracking (one parcel or several) and the old `ws` list.

The code is `pack_status/event`, such as "9/Delivered": 9 ends a journey only beside the event
Delivered; beside Forwarding or Returning a new shipment was opened and this one goes on. The old
list has a text alone, which is then the code.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Scan
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Carrier, Malformed, Meaning, ParseContext, Parsed
from tracking.carriers.lockers import waits_in
from tracking.carriers.payload import (
    first,
    nested,
    number_of,
    obj,
    place,
    prose,
    raw_code,
    read_json,
    sub,
    verdict,
    when,
)

_ANNOUNCED = Meaning(Status.INFO_RECEIVED)
_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_READY = Meaning(Status.READY_FOR_PICKUP)
_DELIVERED = Meaning(Status.DELIVERED)

CODES: Mapping[str, Meaning] = {
    "0": _ANNOUNCED,
    "1": _ACCEPTED,
    "2": _MOVING,  # once at every terminal
    "3": _OUT,
    "5": _READY,
    "6": _READY,
    "7": _MOVING,
    "9/delivered": _DELIVERED,
    "9/forwarding": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    "9/returning": Meaning(Status.RETURNING),
    "at sender": _ANNOUNCED,
    "shipment created": _ANNOUNCED,
    "on route to terminal": _ACCEPTED,
    "at terminal": _MOVING,
    "on route to receiver": _OUT,
    "out for delivery": _OUT,
    "at pickup point": _READY,
    "at pickup point waiting for receiver": _READY,
    "at pickup waiting for receiver": _READY,
    "delivered": _DELIVERED,
}
_FINAL = "9"


def _normalise(code: str) -> str:
    said = code.strip().casefold()
    status, _, event = said.partition("/")
    return f"{status}/{event}" if status == _FINAL else status


def parse(body: bytes, context: ParseContext) -> Parsed:
    def read(parcel: dict[str, Any], row: Any) -> Scan:
        return _scan(parcel, obj(row), context)

    return nested(_by_parcel(read_json(body)), "events", read)


def _by_parcel(value: Any) -> Any:
    """Turn `{number: [events]}` into a list of parcels; no parcel where there are no events yet."""
    if not isinstance(value, dict) or "pack_no" in value or "events" in value:
        return value
    if value.keys() <= {"message", "error"}:
        return []
    if all(isinstance(events, list) for events in value.values()):
        return [{"pack_no": number, "events": events} for number, events in value.items()]
    return value


def _scan(parcel: dict[str, Any], event: dict[str, Any], context: ParseContext) -> Scan:
    code = raw_code(event.get("pack_status"), event.get("event")) or raw_code(event.get("status"))
    if code is None:
        raise Malformed("pack_status", "is missing or empty")
    meaning = CARRIER.meaning(code)
    spot = sub(event, "location")
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number_of(
            event, first(parcel, "pack_no") or context.tracking_number, "pack_no"
        ),
        time=when(event, context.zone or CARRIER.zone, "date_iso", "date"),
        code=code,
        **verdict(meaning, _where(meaning, first(spot, "place") or first(event, "terminal"))),
        description=prose(first(event, "pack_status_text", "event", "status")),
        location=place(spot, name="place", address="address", city="city", lat="lat", lon="lng")
        or place(event, name="terminal"),
    )


def _where(meaning: Meaning | None, name: str | None) -> Handover | None:
    """Codes 5, 6 and 9 do not tell a locker from a counter; the name of the place does."""
    if meaning is _READY and name is not None:
        return waits_in(name) or Handover.PICKUP_POINT
    return waits_in(name) if meaning is _DELIVERED else None


CARRIER = Carrier(
    code="venipak",
    name="Venipak",
    zone="Europe/Vilnius",
    codes=CODES,
    parse=parse,
    tracking_page="https://venipak.com/lt/tracking/track/{number}",
    normalise=_normalise,
)
