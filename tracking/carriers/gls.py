"""GLS: parcels with events (Track And Trace) and the numbered statuses of MyGLS.

A parcel's own `status` is a summary, not a scan: it is not reported. MyGLS codes are those of its
interface description, appendix G; 54 and 59 do not say where the parcel is and stay unmapped.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.scan import Scan, ScanTime
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import (
    INFORMATIONAL,
    Carrier,
    Malformed,
    Meaning,
    ParseContext,
    Parsed,
)
from tracking.carriers.payload import (
    collect,
    first,
    number_of,
    obj,
    place,
    prose,
    read_json,
    required,
    rows,
    verdict,
    when,
)
from tracking.carriers.zones import zone_for

_ANNOUNCED = Meaning(Status.INFO_RECEIVED)
_NOT_READY = Meaning(Status.INFO_RECEIVED, Reason.SENDER_NOT_READY)
_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_MISSORTED = Meaning(Status.IN_TRANSIT, Reason.CARRIER_MISSORTED)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_AT_SHOP = Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT)
_DELIVERED = Meaning(Status.DELIVERED)
_HELD = Meaning(Status.HELD)
_ADDRESS = Meaning(Status.HELD, Reason.RECIPIENT_ADDRESS)
_PAPERS = Meaning(Status.HELD, Reason.CUSTOMS_DOCUMENTS)
_ABSENT = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT)
_REFUSED = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_REFUSED)
_UNPAID = Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_PAYMENT)
_RETURNING = Meaning(Status.RETURNING)
_DAMAGED = Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED)
_DESTROYED = Meaning(Status.EXCEPTION, Reason.CARRIER_DESTROYED)
_CANCELLED = Meaning(Status.CANCELLED, Reason.SENDER_CANCELLED)
_BROKEN_LOCKER = Meaning(Status.ATTEMPT_FAILED, Reason.LOCKER_FAULT)

_WORDS = {
    "INITIAL.PREADVICE": _ANNOUNCED,
    "INTIAL.PREADVICE": _ANNOUNCED,  # GLS's own spelling
    "INITIAL.NORMAL": _ACCEPTED,
    "INTIAL.NORMAL": _ACCEPTED,
    "PREADVICE": _ANNOUNCED,
    "PLANNEDPICKUP": _ANNOUNCED,
    "INPICKUP": _ANNOUNCED,
    "NOTPICKEDUP": _NOT_READY,
    "INTRANSIT": _MOVING,
    "INWAREHOUSE": _MOVING,
    "INDELIVERY": _OUT,
    "NOTDELIVERED": Meaning(Status.ATTEMPT_FAILED),
    "DELIVERED": _DELIVERED,
    "DELIVEREDPS": _AT_SHOP,  # "PS": brought to a ParcelShop, not to the recipient
    "CANCELED": Meaning(Status.CANCELLED),
}
_NUMBERS = {
    "1": _ACCEPTED,
    **dict.fromkeys(("2", "3", "10", "22", "26", "27", "41", "47", "53", "86"), _MOVING),
    **dict.fromkeys(("4", "32"), _OUT),
    **dict.fromkeys(("5", "92"), _DELIVERED),
    **dict.fromkeys(("6", "7", "69"), _HELD),
    **dict.fromkeys(("8", "55", "56"), _AT_SHOP),
    "9": Meaning(Status.HELD, Reason.RECIPIENT_REQUESTED),
    **dict.fromkeys(("11", "12", "36"), _ABSENT),
    **dict.fromkeys(("13", "21", "25"), _MISSORTED),
    "14": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_CLOSED),
    "15": Meaning(Status.IN_TRANSIT, Reason.CARRIER_NO_TIME),
    **dict.fromkeys(("16", "68"), _UNPAID),
    **dict.fromkeys(("17", "34", "35"), _REFUSED),
    **dict.fromkeys(("18", "20"), _ADDRESS),
    "19": Meaning(Status.IN_TRANSIT, Reason.WEATHER),
    **dict.fromkeys(("23", "40"), _RETURNING),  # on its way back: GLS names no handover
    **dict.fromkeys(("24", "37", "46", "93", "99"), INFORMATIONAL),
    **dict.fromkeys(("28", "42"), _DESTROYED),
    **dict.fromkeys(("29", "44"), Meaning(Status.EXCEPTION, Reason.OTHER)),
    **dict.fromkeys(("30", "31", "403"), _DAMAGED),
    "33": Meaning(Status.ATTEMPT_FAILED, Reason.CARRIER_NO_TIME),
    **dict.fromkeys(("38", "39"), Meaning(Status.ATTEMPT_FAILED, Reason.SENDER_DATA)),
    "43": Meaning(Status.EXCEPTION, Reason.CARRIER_LOST),
    **dict.fromkeys(("51", "52", "83", "84", "85"), _ANNOUNCED),
    "57": Meaning(Status.HELD, Reason.PICKUP_MISSED),
    "58": Meaning(Status.DELIVERED, handover=Handover.NEIGHBOUR),
    **dict.fromkeys(("60", "62", "70", "71", "72"), _PAPERS),
    **dict.fromkeys(("61", "64", "65", "67", "76"), _MOVING),  # in or out of customs, not held
    **dict.fromkeys(("66", "73"), Meaning(Status.HELD, Reason.CUSTOMS_DELAY)),
    "74": Meaning(Status.HELD, Reason.CUSTOMS_INSPECTION),
    "75": Meaning(Status.EXCEPTION, Reason.CUSTOMS_PROHIBITED),
    "80": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    **dict.fromkeys(("87", "90", "91"), _CANCELLED),
    **dict.fromkeys(("88", "89"), _NOT_READY),
    "97": Meaning(Status.READY_FOR_PICKUP, handover=Handover.LOCKER),
    "401": Meaning(Status.ATTEMPT_FAILED, Reason.LOCKER_FULL),
    "402": Meaning(Status.ATTEMPT_FAILED, Reason.OVERSIZED),
    **dict.fromkeys(("404", "420"), _BROKEN_LOCKER),
}
CODES: Mapping[str, Meaning] = {**_WORDS, **_NUMBERS}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSOFT = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def _normalise(code: str) -> str:
    said = code.strip().upper()
    return str(int(said)) if said.isascii() and said.isdigit() else said


def parse(body: bytes, context: ParseContext) -> Parsed:
    parcels = rows(read_json(body), "parcels")
    return collect(parcels, lambda parcel: _parcel(obj(parcel), context))


def _parcel(parcel: dict[str, Any], context: ParseContext) -> Parsed:
    number = number_of(
        parcel, context.tracking_number, "unitno", "parcelNumber", "ParcelNumber", "requested"
    )
    events = next(
        (
            parcel[key]
            for key in ("events", "ParcelStatusList", "parcelStatusList")
            if key in parcel
        ),
        None,
    )
    return collect(rows(events or []), lambda event: _scan(obj(event), number, context))


def _scan(event: dict[str, Any], number: str, context: ParseContext) -> Scan:
    code = required(event, "code", "StatusCode", "statusCode")
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=_time(event, context),
        code=code,
        **verdict(CARRIER.meaning(code)),
        description=prose(first(event, "description", "StatusDescription", "statusDescription")),
        location=place(event, city="city", postcode="postalCode", country="country")
        or place(event, city="DepotCity", place_id="DepotNumber")
        or place(event, city="depotCity", place_id="depotNumber"),
    )


def _time(event: dict[str, Any], context: ParseContext) -> ScanTime:
    zone = zone_for(first(event, "country")) or context.zone or CARRIER.zone
    said = required(event, "eventDateTime", "StatusDate", "statusDate")
    found = _MICROSOFT.fullmatch(said)
    if found is None:
        return when(event, zone, "eventDateTime", "StatusDate", "statusDate")
    try:
        return ScanTime(raw=said, at=_EPOCH + timedelta(milliseconds=int(found[1])))
    except OverflowError:
        raise Malformed("StatusDate", "not a time") from None


CARRIER = Carrier(
    code="gls",
    name="GLS",
    zone="Europe/Berlin",
    codes=CODES,
    parse=parse,
    tracking_page="https://gls-group.com/track/{number}",
    normalise=_normalise,
)
