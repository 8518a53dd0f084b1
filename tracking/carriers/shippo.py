"""Shippo: the `track_updated` webhook and the tracking answer.

The scans belong to the carrier behind Shippo. "status/substatus" decides; where Shippo sends no
substatus, two of its own sentences stand for one, and a substatus that is not known leaves the
status standing, with a note. `tracking_status` repeats a row of the history under another
`object_id`, so that id identifies nothing. `object_created` is when Shippo saw it.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Scan
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Carrier, Meaning, ParseContext, Parsed
from tracking.carriers.estimates import estimated, window
from tracking.carriers.names import carrier_code
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
_HELD = Meaning(Status.HELD)
_FAILED = Meaning(Status.ATTEMPT_FAILED)

_STATUSES = {
    "UNKNOWN": Meaning(Status.PENDING),
    "PRE_TRANSIT": Meaning(Status.INFO_RECEIVED),
    "TRANSIT": _MOVING,
    "DELIVERED": Meaning(Status.DELIVERED),
    "RETURNED": Meaning(Status.RETURNING),  # on the way or back: the word covers both
    "FAILURE": Meaning(Status.EXCEPTION),
}
_SUBSTATUSES = {
    "UNKNOWN/OTHER": _STATUSES["UNKNOWN"],
    "PRE_TRANSIT/INFORMATION_RECEIVED": _STATUSES["PRE_TRANSIT"],
    "TRANSIT/ADDRESS_ISSUE": Meaning(Status.HELD, Reason.RECIPIENT_ADDRESS),
    "TRANSIT/CONTACT_CARRIER": _HELD,
    "TRANSIT/DELAYED": Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY),
    "TRANSIT/DELIVERY_ATTEMPTED": _FAILED,
    "TRANSIT/DELIVERY_RESCHEDULED": _MOVING,
    "TRANSIT/DELIVERY_SCHEDULED": _MOVING,
    "TRANSIT/LOCATION_INACCESSIBLE": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ACCESS),
    "TRANSIT/NOTICE_LEFT": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT),
    "TRANSIT/OUT_FOR_DELIVERY": Meaning(Status.OUT_FOR_DELIVERY),
    "TRANSIT/PACKAGE_ACCEPTED": Meaning(Status.ACCEPTED),
    "TRANSIT/PACKAGE_ARRIVED": _MOVING,
    "TRANSIT/PACKAGE_DAMAGED": Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED),
    "TRANSIT/PACKAGE_DEPARTED": _MOVING,
    "TRANSIT/PACKAGE_FORWARDED": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    "TRANSIT/PACKAGE_HELD": _HELD,
    "TRANSIT/PACKAGE_PROCESSED": _MOVING,
    "TRANSIT/PACKAGE_PROCESSING": _MOVING,
    "TRANSIT/PICKUP_AVAILABLE": Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT),
    "TRANSIT/RESCHEDULE_DELIVERY": _MOVING,
    "DELIVERED/DELIVERED": _STATUSES["DELIVERED"],
    "RETURNED/RETURN_TO_SENDER": _STATUSES["RETURNED"],
    "RETURNED/PACKAGE_UNCLAIMED": Meaning(Status.RETURNING, Reason.PICKUP_MISSED),
    "FAILURE/PACKAGE_UNDELIVERABLE": Meaning(Status.EXCEPTION, Reason.OTHER),
    "FAILURE/PACKAGE_DISPOSED": Meaning(Status.EXCEPTION, Reason.CARRIER_DESTROYED),
    "FAILURE/PACKAGE_LOST": Meaning(Status.EXCEPTION, Reason.CARRIER_LOST),
}
CODES: Mapping[str, Meaning] = {**_STATUSES, **_SUBSTATUSES}

_SENTENCES = {
    ("TRANSIT", "your shipment has been accepted"): Meaning(Status.ACCEPTED),
    ("DELIVERED", "your shipment has been delivered at the destination mailbox"): Meaning(
        Status.DELIVERED, handover=Handover.MAILBOX
    ),
}


def _normalise(code: str) -> str:
    return code.strip().upper()


def parse(body: bytes, context: ParseContext) -> Parsed:
    value = read_json(body)
    if isinstance(value, dict) and "data" in value:
        if first(value, "event") not in {None, "track_updated"}:
            return Parsed()  # an event about something other than a parcel
        value = value["data"]
    return collect(rows(value, "results"), lambda track: _track(obj(track), context))


def _track(track: dict[str, Any], context: ParseContext) -> Parsed:
    number = number_of(track, context.tracking_number, "tracking_number")
    carrier = carrier_code(first(track, "carrier") or CARRIER.code)
    history = rows(track.get("tracking_history") or [])
    latest = track.get("tracking_status")
    said = history if latest is None else [*history, latest]
    parsed = collect(said, lambda row: _scan(obj(row), number, carrier, context))
    zone = _zone(sub(track, "address_to"), context)
    return estimated(parsed, window(None, track.get("eta"), zone))


def _scan(row: dict[str, Any], number: str, carrier: str, context: ParseContext) -> Scan:
    status = required(row, "status")
    code = raw_code(status, _substatus(row)) or status
    known = _said(row, code)
    meaning = known or CARRIER.meaning(status)
    return Scan(
        carrier=carrier,
        tracking_number=number,
        time=when(row, _zone(sub(row, "location"), context), "status_date"),
        code=code,
        **verdict(meaning),
        description=prose(row.get("status_details")),
        location=place(sub(row, "location"), city="city", postcode="zip", country="country"),
        note="substatus is not known" if meaning and not known else None,
    )


def _substatus(row: dict[str, Any]) -> str | None:
    given = row.get("substatus")
    return first(given, "code") if isinstance(given, dict) else first(row, "substatus")


def _said(row: dict[str, Any], code: str) -> Meaning | None:
    sentence = (first(row, "status_details") or "").casefold().rstrip(".")
    return _SENTENCES.get((_normalise(code), sentence)) or CARRIER.meaning(code)


def _zone(spot: dict[str, Any], context: ParseContext) -> str:
    known = zone_for(first(spot, "country"), first(spot, "state"))
    return known or context.zone or CARRIER.zone


CARRIER = Carrier(
    code="shippo",
    name="Shippo",
    zone="UTC",
    codes=CODES,
    parse=parse,
    normalise=_normalise,
)
