"""Posti: events are texts without codes, ids or a number; the number is the one asked for.

"The item has been delivered" is said of the sender as well, so `status.main` decides: the code of
that event is "main/text". Where `main` says it is over and no text does (another language), the
newest event gives the time.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Pickup, Scan
from schemas.status import Handover, Status
from tracking.carriers.base import INFORMATIONAL, Carrier, Meaning, ParseContext, Parsed
from tracking.carriers.lockers import waits_in
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

_MOVING = Meaning(Status.IN_TRANSIT)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_READY = Meaning(Status.READY_FOR_PICKUP)
_DELIVERED_TEXT = "the item has been delivered"
_OVER: Mapping[str, Meaning] = {
    "delivered": Meaning(Status.DELIVERED),
    "return_delivered": Meaning(Status.RETURNED, handover=Handover.SENDER),
}
_TEXTS: Mapping[str, Meaning] = {
    "we have received information about an upcoming delivery from the sender": Meaning(
        Status.INFO_RECEIVED
    ),
    "item has been registered": Meaning(Status.INFO_RECEIVED),
    "item accepted from transport": _MOVING,
    "the item is in sorting": _MOVING,
    "the item is in transport": _MOVING,
    "item is in delivery transportation": _OUT,
    "item has been released for delivery": _OUT,
    "item is ready for a pick up": _READY,
    "item has not been collected.returned to sender": Meaning(Status.RETURNING),
    "the item has been returned to the sender": Meaning(Status.RETURNING),
    "we sent the recipient an email about the item": INFORMATIONAL,
    "we sent the recipient an omaposti notification about the item": INFORMATIONAL,
    "we have tried to reach the recipient again by email": INFORMATIONAL,
    "we have tried to reach the recipient again by sms": INFORMATIONAL,
    "no digital signature was received": INFORMATIONAL,
}
CODES: Mapping[str, Meaning] = {
    **_TEXTS,
    **_OVER,
    **{f"{main}/{_DELIVERED_TEXT}": meaning for main, meaning in _OVER.items()},
}


def _normalise(code: str) -> str:
    return " ".join(code.split()).rstrip(".").casefold()


def parse(body: bytes, context: ParseContext) -> Parsed:
    found = read_json(body)
    if isinstance(found, dict) and "data" in found:
        found = sub(sub(found, "data"), "consumerSearchShipments")
        return collect(array(found.get("hits") or []), lambda hit: _parcel(obj(hit), context))
    return collect(rows(found), lambda parcel: _parcel(obj(parcel), context))


def _parcel(parcel: dict[str, Any], context: ParseContext) -> Parsed:
    events = array(parcel.get("events"), "events")
    parsed = collect(events, lambda event: _scan(parcel, obj(event), context))
    parsed.scans.extend(_conclusion(parcel, parsed.scans))
    return parsed


def _scan(parcel: dict[str, Any], event: dict[str, Any], context: ParseContext) -> Scan:
    said = required(event, "eventDescription")
    main = _main(parcel) if _normalise(said) == _DELIVERED_TEXT else None
    code = said if main is None else f"{main}/{said}"
    meaning = CARRIER.meaning(code)
    zone = context.zone or CARRIER.zone
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number_of(parcel, context.tracking_number, "trackingNumber", "displayId"),
        time=when(event, zone, "timestamp"),
        code=raw_code(code),
        **verdict(meaning, waits_in(first(event, "city")) if meaning is _READY else None),
        description=said,
        location=place(event, city="city"),
        pickup=_pickup(parcel, zone) if meaning is _READY else None,
    )


def _main(parcel: dict[str, Any]) -> str | None:
    return first(sub(parcel, "status"), "main")


def _pickup(parcel: dict[str, Any], zone: str) -> Pickup | None:
    """Until when, and the code of a locker, while the parcel waits."""
    point = sub(parcel, "pickupPoint")
    code = first(sub(point, "pickupDetails"), "pinCode")
    until = deadline(point, zone, "lastCollectionDate")
    waits = _normalise(_main(parcel) or "") not in _OVER and (code or until)
    return Pickup(until=until, code=code) if waits else None


def _conclusion(parcel: dict[str, Any], scans: list[Scan]) -> list[Scan]:
    """The end of the story as `status.main` tells it, where none of the events did."""
    main = _main(parcel)
    meaning = _OVER.get(_normalise(main or ""))
    if main is None or meaning is None or not scans:
        return []
    if any(scan.status is meaning.status for scan in scans):
        return []
    newest = max(scans, key=lambda scan: scan.time.at)
    return [
        Scan(
            carrier=CARRIER.code,
            tracking_number=newest.tracking_number,
            time=newest.time,
            code=main,
            **verdict(meaning),
            note="the time is that of the newest event",
        )
    ]


CARRIER = Carrier(
    code="posti",
    name="Posti",
    zone="Europe/Helsinki",
    codes=CODES,
    parse=parse,
    tracking_page="https://www.posti.fi/seuranta/{number}",
    normalise=_normalise,
)
