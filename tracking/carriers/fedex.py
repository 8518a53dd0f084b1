"""FedEx: tracking results and pushed scan events.

`eventType/exceptionCode` decides. Beside a movement the exception code only adds detail; a
delivery or shipment exception (DE, SE) means nothing without it, and one that nobody mapped stays
unmapped. The digits matter: Express 07 is refused, Ground 007 is nobody there. One number may
come with several results (FedEx opened another record): all of their scans are reported.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Location, Scan, Window
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import INFORMATIONAL, Carrier, Meaning, ParseContext, Parsed
from tracking.carriers.estimates import estimated, window
from tracking.carriers.names import signer
from tracking.carriers.payload import (
    collect,
    first,
    number_of,
    obj,
    place,
    prose,
    raw_code,
    read_json,
    required,
    rows,
    sub,
    verdict,
    when,
)
from tracking.carriers.zones import zone_for

_MOVING = Meaning(Status.IN_TRANSIT)
_DELAYED = Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_WAITS = Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT)
_CLOSED = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_CLOSED)
_ABSENT = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT)
_CUSTOMS = Meaning(Status.HELD, Reason.CUSTOMS_DELAY)
_REDIRECTED = Meaning(Status.IN_TRANSIT, Reason.REDIRECTED)
_UNDELIVERABLE = Meaning(Status.EXCEPTION, Reason.OTHER)

_EVENTS = {
    **dict.fromkeys(("OC", "IN", "OX"), Meaning(Status.INFO_RECEIVED)),
    **dict.fromkeys(("PU", "PX", "DO"), Meaning(Status.ACCEPTED)),  # by FedEx, not the shopper
    **dict.fromkeys(("AA", "AC", "AF", "AR", "AX", "CC", "CP", "DP", "EA", "EO", "FD"), _MOVING),
    **dict.fromkeys(("IT", "IX", "LO", "OF", "PF", "PL", "PM", "SF", "TR"), _MOVING),
    **dict.fromkeys(("DD", "DY"), _DELAYED),
    "CD": _CUSTOMS,
    **dict.fromkeys(("AD", "ED", "OD"), _OUT),
    **dict.fromkeys(("HL", "HP"), _WAITS),
    "DL": Meaning(Status.DELIVERED),
    "RS": Meaning(Status.RETURNING),
    "CA": Meaning(Status.CANCELLED, Reason.SENDER_CANCELLED),
    **dict.fromkeys(("DE", "SE"), Meaning(Status.EXCEPTION)),
    **dict.fromkeys(("AO", "AP", "CH", "DR", "DS", "EP", "HA"), INFORMATIONAL),
    **dict.fromkeys(("PD", "RD", "RG", "RM", "RP", "RR", "SP"), INFORMATIONAL),
}
_EXCEPTIONS = {
    "01": Meaning(Status.IN_TRANSIT, Reason.CARRIER_NO_TIME),
    "03": Meaning(Status.HELD, Reason.RECIPIENT_ADDRESS),
    "05": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ACCESS),
    "07": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_REFUSED),
    **dict.fromkeys(("08", "007"), _ABSENT),
    **dict.fromkeys(("10", "37"), Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED)),
    **dict.fromkeys(("12", "18"), Meaning(Status.IN_TRANSIT, Reason.CARRIER_MISSORTED)),
    **dict.fromkeys(("15", "30"), _CLOSED),
    "17": Meaning(Status.HELD, Reason.RECIPIENT_REQUESTED),
    **dict.fromkeys(("22", "31", "32", "33", "44", "48", "54"), _DELAYED),
    **dict.fromkeys(("29", "A47"), _REDIRECTED),
    "42": Meaning(Status.HELD, Reason.RECIPIENT_CLOSED),  # closed for a holiday, not attempted
    "50": Meaning(Status.HELD, Reason.CUSTOMS_DOCUMENTS),
    **dict.fromkeys(("55", "73"), _CUSTOMS),
    "79": Meaning(Status.IN_TRANSIT, Reason.CARRIER_CAPACITY),
    "083": Meaning(Status.IN_TRANSIT, Reason.RECIPIENT_ACCESS),
    "84": Meaning(Status.IN_TRANSIT, Reason.FORCE_MAJEURE),
    **dict.fromkeys(("85", "89"), Meaning(Status.IN_TRANSIT, Reason.CARRIER_VEHICLE)),
    "93": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_PAYMENT),
    **dict.fromkeys(("99", "099"), _UNDELIVERABLE),
    "A52": _DELAYED,
}
_NEEDS_REASON = frozenset({"DE", "SE"})
CODES: Mapping[str, Meaning] = {
    **_EVENTS,
    **{
        f"{event}/{code}": meaning
        for event in sorted(_NEEDS_REASON)
        for code, meaning in _EXCEPTIONS.items()
    },
}

_LEFT_AT = {
    **dict.fromkeys(
        ("FRONT_DOOR", "BACK_DOOR", "SIDE_DOOR", "GARAGE", "PORCH", "PATIO"), Handover.SAFE_PLACE
    ),
    "MAILBOX": Handover.MAILBOX,
    "NEIGHBOR": Handover.NEIGHBOUR,
    "FEDEX_LOCATION": Handover.PICKUP_POINT,
}


def _normalise(code: str) -> str:
    return code.strip().upper()


def parse(body: bytes, context: ParseContext) -> Parsed:
    value = read_json(body)
    if isinstance(value, dict):
        value = value.get("output", value)
    return collect(rows(value, "completeTrackResults"), lambda item: _number(obj(item), context))


def _number(item: dict[str, Any], context: ParseContext) -> Parsed:
    asked = first(item, "trackingNumber") or context.tracking_number
    return collect(rows(item, "trackResults"), lambda result: _result(obj(result), asked, context))


def _result(result: dict[str, Any], asked: str | None, context: ParseContext) -> Parsed:
    number = number_of(sub(result, "trackingNumberInfo"), asked, "trackingNumber")
    events = rows(result.get("scanEvents") or [])
    parsed = collect(events, lambda event: _scan(obj(event), result, number, context))
    return estimated(parsed, _estimate(result, context))


def _scan(
    event: dict[str, Any], result: dict[str, Any], number: str, context: ParseContext
) -> Scan:
    kind = required(event, "eventType")
    code = raw_code(kind, event.get("exceptionCode")) or kind
    meaning = _meaning(kind, code)
    spot = sub(event, "scanLocation")
    scan = Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=when(event, _zone(spot, context), "date"),
        code=code,
        **verdict(meaning),
        description=prose(first(event, "exceptionDescription", "eventDescription")),
        location=_location(event, spot),
    )
    return _handed_over(scan, result) if scan.status is Status.DELIVERED else scan


def _meaning(kind: str, code: str) -> Meaning | None:
    known = CARRIER.meaning(code)
    return known if known or _normalise(kind) in _NEEDS_REASON else CARRIER.meaning(kind)


def _handed_over(scan: Scan, result: dict[str, Any]) -> Scan:
    """A delivery with who took it and where; a name is the recipient's unless the place differs."""
    details = sub(result, "deliveryDetails")
    name = signer(details.get("receivedByName")) or signer(details.get("signedByName"))
    left = _LEFT_AT.get((first(details, "locationType") or "").upper())
    handover = left or (Handover.RECIPIENT if name else None)
    return scan.model_copy(update={"signed_by": name, "handover": handover})


def _location(event: dict[str, Any], spot: dict[str, Any]) -> Location | None:
    """Where it was scanned; a station's id without a city is who scanned it, not where."""
    station = event.get("locationId") if first(spot, "city") else None
    return place(
        {**spot, "street": _street(spot), "station": station},
        address="street",
        city="city",
        postcode="postalCode",
        country="countryCode",
        place_id="station",
    )


def _street(spot: dict[str, Any]) -> str | None:
    lines = spot.get("streetLines")
    given = lines if isinstance(lines, list) else [lines]
    said = [line for line in (prose(item, 200) for item in given) if line is not None]
    return ", ".join(said) or None


def _zone(spot: dict[str, Any], context: ParseContext) -> str:
    known = zone_for(first(spot, "countryCode"), first(spot, "stateOrProvinceCode"))
    return known or context.zone or CARRIER.zone


def _estimate(result: dict[str, Any], context: ParseContext) -> Window | None:
    zone = _zone(sub(sub(result, "recipientInformation"), "address"), context)
    frame = sub(sub(result, "estimatedDeliveryTimeWindow"), "window")
    dates = {
        first(row, "type"): row.get("dateTime")
        for row in rows(result.get("dateAndTimes") or [])
        if isinstance(row, dict)
    }
    by = dates.get("ESTIMATED_DELIVERY")
    return window(frame.get("begins"), frame.get("ends"), zone) or window(None, by, zone)


CARRIER = Carrier(
    code="fedex",
    name="FedEx",
    zone="America/Chicago",
    codes=CODES,
    parse=parse,
    tracking_page="https://www.fedex.com/fedextrack/?trknbr={number}",
    normalise=_normalise,
)
