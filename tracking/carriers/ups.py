"""UPS: the tracking answer (`trackResponse`) and Track Alert, the pushed single activity.

The pair "type/code" decides. Where nobody mapped the pair, the three-digit `statusCode` does,
which UPS documents; the type alone only where it leaves nothing open. `simplifiedTextDescription`
decides nothing. The GMT pair is the time; without it the local time is read in the zone of the
state or country. A code that says delivered beside a status "awaiting customer pickup" is a
parcel that waits at an access point.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from schemas.scan import Scan, ScanTime, Window
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import (
    INFORMATIONAL,
    Carrier,
    Malformed,
    Meaning,
    ParseContext,
    Parsed,
)
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
    rows,
    sub,
    verdict,
)
from tracking.carriers.times import read_day, read_time
from tracking.carriers.zones import alpha2, zone_for

_ANNOUNCED = Meaning(Status.INFO_RECEIVED)
_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_DELAYED = Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY)
_WEATHER = Meaning(Status.IN_TRANSIT, Reason.WEATHER)
_REDIRECTED = Meaning(Status.IN_TRANSIT, Reason.REDIRECTED)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_WAITS = Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT)
_FAILED = Meaning(Status.ATTEMPT_FAILED)
_POSTPONED = Meaning(Status.HELD, Reason.RECIPIENT_REQUESTED)
_DELIVERED = Meaning(Status.DELIVERED)
_RETURNING = Meaning(Status.RETURNING)
_RETURNED = Meaning(Status.RETURNED, handover=Handover.SENDER)
_CANCELLED = Meaning(Status.CANCELLED)

_TYPES = {
    "M": _ANNOUNCED,
    "MV": _CANCELLED,
    "P": _ACCEPTED,
    "I": _MOVING,
    "O": _OUT,
    "D": _DELIVERED,
    "RS": _RETURNING,
    "X": Meaning(Status.EXCEPTION),
}
_WHOLE_TYPES = frozenset({"M", "MV", "P", "O", "RS"})  # whatever the code, they mean one thing
_PAIRS = {
    "M/MP": _ANNOUNCED,
    "I/LM": _ANNOUNCED,  # on its way to UPS
    **dict.fromkeys(("I/OR", "I/AR", "I/DP", "I/DS", "I/YP", "I/EP", "I/IP", "I/LX"), _MOVING),
    **dict.fromkeys(("I/EE", "I/EO", "I/LC", "I/LD", "I/LK", "I/LW", "I/YO", "I/75"), _MOVING),
    **dict.fromkeys(("I/ER", "I/Z1", "I/Z2", "I/Z4", "X/SR"), _MOVING),  # through customs
    **dict.fromkeys(("I/OF", "I/OT", "I/76"), _OUT),
    **dict.fromkeys(("D/F4", "D/FS", "D/KB", "D/ZE", "D/ZF", "D/ZG", "D/ZH", "D/ZI"), _DELIVERED),
    **dict.fromkeys(("D/ZP", "I/ZP", "I/ZQ", "X/ZQ"), _WAITS),
    **dict.fromkeys(("X/7H", "X/7J", "X/LE", "X/LF"), _DELAYED),
    **dict.fromkeys(("X/7V", "X/7W", "X/7X", "X/EJ"), _WEATHER),
    "X/7M": _POSTPONED,
    "X/78": INFORMATIONAL,  # a change of delivery was asked for, not yet made
    "X/EG": _REDIRECTED,
}
# 013 ("exception", shown to shoppers as "update") says nothing by itself and is left out.
_STATUSES = {
    **dict.fromkeys(("003", "044", "045"), _ANNOUNCED),
    "038": _ACCEPTED,
    **dict.fromkeys(("005", "010", "012", "014", "025", "039", "057", "071"), _MOVING),
    **dict.fromkeys(("006", "021"), _OUT),
    **dict.fromkeys(("007", "043"), _CANCELLED),
    **dict.fromkeys(("011", "026"), _DELIVERED),
    "016": Meaning(Status.HELD),
    **dict.fromkeys(("017", "040"), _WAITS),
    **dict.fromkeys(("018", "019", "020", "055"), _POSTPONED),
    **dict.fromkeys(("022", "023", "024", "060", "066"), _FAILED),
    **dict.fromkeys(("027", "041", "042", "054", "056", "063"), INFORMATIONAL),
    "028": _REDIRECTED,
    **dict.fromkeys(("032", "051", "052", "053"), _WEATHER),
    **dict.fromkeys(("033", "035", "036", "037"), _RETURNING),
    **dict.fromkeys(("034", "067"), _RETURNED),
    **dict.fromkeys(("046", "047", "048", "049"), _DELAYED),
    "050": Meaning(Status.HELD, Reason.RECIPIENT_ADDRESS),
    "058": Meaning(Status.HELD, Reason.CUSTOMS_DOCUMENTS),
    "059": Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED),
    "061": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_IDENTITY),
    "062": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_PAYMENT),
    "064": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_REFUSED),
    "068": Meaning(Status.EXCEPTION, Reason.CARRIER_LOST),
    "069": Meaning(Status.HELD, Reason.PICKUP_MISSED),
}
CODES: Mapping[str, Meaning] = {**_TYPES, **_PAIRS, **_STATUSES}

_LEFT_AT = {
    **dict.fromkeys(
        ("front door", "back door", "side door", "porch", "front porch", "patio", "deck", "garage"),
        Handover.SAFE_PLACE,
    ),
    "mail box": Handover.MAILBOX,
    "mailbox": Handover.MAILBOX,
    "neighbor": Handover.NEIGHBOUR,
}


def _normalise(code: str) -> str:
    return code.strip().upper()


def parse(body: bytes, context: ParseContext) -> Parsed:
    value = read_json(body)
    if isinstance(value, dict):
        value = value.get("trackResponse", value)
    return collect(rows(value, "shipment"), lambda item: _item(obj(item), context))


def _item(item: dict[str, Any], context: ParseContext) -> Scan | Parsed:
    asked = first(item, "inquiryNumber") or context.tracking_number
    if "package" not in item and "inquiryNumber" not in item:
        return _alert(item, context)
    packages = rows(item.get("package") or [])  # none where UPS has nothing to tell yet
    return collect(packages, lambda package: _package(obj(package), asked, context))


def _package(package: dict[str, Any], asked: str | None, context: ParseContext) -> Parsed:
    number = number_of(package, asked, "trackingNumber")
    activities = rows(package.get("activity") or [])
    parsed = collect(activities, lambda row: _activity(obj(row), package, number, context))
    known = (row for row in activities if isinstance(row, dict))
    zone = next((_zone(_address(row), context) for row in known), CARRIER.zone)
    dates = {first(row, "type"): _digits(first(row, "date")) for row in _dates(package)}
    day = dates.get("RDD") or dates.get("SDD") or ""
    hours = sub(package, "deliveryTime")
    return estimated(parsed, _window(day, hours.get("startTime"), hours.get("endTime"), zone))


def _dates(package: dict[str, Any]) -> list[dict[str, Any]]:
    given = package.get("deliveryDate")
    return [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []


def _activity(
    row: dict[str, Any], package: dict[str, Any], number: str, context: ParseContext
) -> Scan:
    keys = (("gmtDate", "gmtTime"), ("date", "time"))
    scan = _scan(row, sub(row, "status"), _address(row), number, keys, context)
    if scan.status is not Status.DELIVERED:
        return scan
    details = sub(package, "deliveryInformation")
    left = _LEFT_AT.get((first(details, "location") or "").casefold())
    changes = {"signed_by": signer(details.get("receivedBy")), "handover": scan.handover or left}
    return scan.model_copy(update=changes)


def _address(row: dict[str, Any]) -> dict[str, Any]:
    return sub(sub(row, "location"), "address")


def _alert(row: dict[str, Any], context: ParseContext) -> Scan:
    number = number_of(row, context.tracking_number, "trackingNumber")
    keys = (
        ("gmtActivityDate", "gmtActivityTime"),
        ("localActivityDate", "localActivityTime"),
    )
    address = sub(row, "activityLocation")
    scan = _scan(row, sub(row, "activityStatus"), address, number, keys, context)
    day = _digits(first(row, "scheduledDeliveryDate"))
    hours = row.get("deliveryStartTime"), row.get("deliveryEndTime")
    expected = _window(day, *hours, _zone(address, context))
    return estimated(Parsed([scan]), expected).scans[0]


def _scan(
    row: dict[str, Any],
    status: dict[str, Any],
    address: dict[str, Any],
    number: str,
    keys: tuple[tuple[str, str], tuple[str, str]],
    context: ParseContext,
) -> Scan:
    code = raw_code(status.get("type"), status.get("code"))
    if code is None:
        raise Malformed("status", "has neither type nor code")
    country = {"countryCode": alpha2(first(address, "countryCode", "country"))}
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=_time(row, keys, _zone(address, context)),
        code=code,
        **verdict(_meaning(code, first(status, "type"), first(status, "statusCode"))),
        description=prose(status.get("description")),
        location=place(
            {**address, **country}, city="city", postcode="postalCode", country="countryCode"
        ),
    )


def _meaning(code: str, kind: str | None, status: str | None) -> Meaning | None:
    pair, told = CARRIER.meaning(code), CARRIER.meaning((status or "").zfill(3))
    if pair is _DELIVERED and told is _WAITS:
        return _WAITS
    whole = kind if kind in _WHOLE_TYPES else None
    return pair or told or (CARRIER.meaning(whole) if whole else None)


def _zone(address: dict[str, Any], context: ParseContext) -> str:
    known = zone_for(first(address, "countryCode", "country"), first(address, "stateProvince"))
    return known or context.zone or CARRIER.zone


def _time(
    row: dict[str, Any], keys: tuple[tuple[str, str], tuple[str, str]], zone: str
) -> ScanTime:
    (gmt_date, gmt_time), (local_date, local_time) = keys
    day, clock = _digits(first(row, gmt_date)), _clock(first(row, gmt_time))
    if day and clock:
        return read_time(f"{day} {clock}+0000", zone, field=gmt_date, pattern="%Y%m%d %H%M%S%z")
    day, clock = _digits(first(row, local_date)), _clock(first(row, local_time))
    if not day:
        raise Malformed(local_date, "is missing or empty")
    if not clock:
        return read_day(day, zone, field=local_date, pattern="%Y%m%d")
    return read_time(f"{day} {clock}", zone, field=local_date, pattern="%Y%m%d %H%M%S")


def _digits(said: str | None) -> str:
    return "".join(char for char in said or "" if char in "0123456789")


def _clock(said: str | None) -> str:
    """Digits of a time of day; UPS drops leading zeros and, in places, the seconds."""
    digits = _digits(said)
    return digits.ljust(6, "0") if len(digits) == 4 else digits and digits.zfill(6)


def _window(day: str, start: Any, end: Any, zone: str) -> Window | None:
    try:
        written = date.fromisoformat(day).isoformat()
    except ValueError:
        return None
    clocks = [_clock(first({"time": said}, "time")) for said in (start, end)]
    hours = [f"{written}T{clock[:2]}:{clock[2:4]}" if clock else None for clock in clocks]
    return window(hours[0], hours[1], zone) if any(hours) else window(written, None, zone)


CARRIER = Carrier(
    code="ups",
    name="UPS",
    zone="America/New_York",
    codes=CODES,
    parse=parse,
    tracking_page="https://www.ups.com/track?tracknum={number}",
    normalise=_normalise,
)
