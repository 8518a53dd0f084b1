"""DPD: the parcel life cycle (SOAP) and the public status pages of Lithuania, Latvia and Estonia.

The SOAP answer names no parcel (its number comes from the request), writes a 12-hour clock with
the month first and no zone; the depot's country ("Puurs (BE)") tells the zone. Steps that it only
foresees are not scans. The Baltic pages answer `[{parcelNumber, details: [...]}]` with a text
alone, or with the numbered scan of the depot.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from schemas.scan import Location, Scan, Window
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import (
    INFORMATIONAL,
    Carrier,
    Malformed,
    Meaning,
    ParseContext,
    Parsed,
    text,
)
from tracking.carriers.estimates import window
from tracking.carriers.payload import (
    collect,
    first,
    is_xml,
    number_of,
    obj,
    place,
    prose,
    read_json,
    read_xml,
    required,
    rows,
    verdict,
    when,
)
from tracking.carriers.zones import zone_for

_ANNOUNCED = Meaning(Status.INFO_RECEIVED)
_ACCEPTED = Meaning(Status.ACCEPTED)
_MOVING = Meaning(Status.IN_TRANSIT)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_FAILED = Meaning(Status.ATTEMPT_FAILED)
_AT_SHOP = Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT)
_DELIVERED = Meaning(Status.DELIVERED)
_COLLECTED = Meaning(Status.DELIVERED, handover=Handover.PICKUP_POINT)

_LIFE_CYCLE = {
    "shipment": _ANNOUNCED,
    "accepted": _ACCEPTED,
    "at_sending_depot": _MOVING,
    "on_the_road": _MOVING,
    "at_delivery_depot": _MOVING,
    "betweendepots": _MOVING,
    "depot": _MOVING,
    "courier": _OUT,
    "deliveryfailure": _FAILED,
    "returningfromdelivery": _FAILED,  # back at the depot after an attempt, not on its round
    "parcelshop": _AT_SHOP,
    "delivered": _DELIVERED,
    # PickedUp says by whom only in its text.
    "pickedup/dpd has received your parcel": _ACCEPTED,
    "pickedup/parcel handed to dpd": _ACCEPTED,
}
_SCANS = {
    "02": _MOVING,  # inbound
    "03": _OUT,
    "04": _FAILED,  # back from the round
    "05": _ACCEPTED,
    "06": Meaning(Status.RETURNING),
    "08": Meaning(Status.HELD),  # stored at the depot
    "10": _MOVING,  # hub
    "13": _DELIVERED,
    "14": _FAILED,
    "18": INFORMATIONAL,
    "20": _MOVING,  # loaded
    "23": _AT_SHOP,
}
_BALTIC = {
    "received by dpd from consignor": _ACCEPTED,
    "picked up by courier": _ACCEPTED,
    "kurjeris paėmė siuntą": _ACCEPTED,
    "dropped in pickup point": _ACCEPTED,  # by the sender
    "atnešta į siuntų tašką/terminalą": _ACCEPTED,
    "in transit": _MOVING,
    "en route": _MOVING,
    "pakeliui": _MOVING,
    "at parcel delivery centre": _MOVING,
    "parcel redirected": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    "out for delivery": _OUT,
    "we're sorry but your parcel couldn't be delivered as arranged": _FAILED,
    "unfortunately we have not been able to deliver your parcel": _FAILED,
    "delivered by driver to pickup parcelshop": _AT_SHOP,
    "delivered to pickup point": _AT_SHOP,
    "pristatyta į siuntų tašką/terminalą": _AT_SHOP,
    "delivered to consignee": _DELIVERED,
    "pristatyta gavėjui": _DELIVERED,
    "picked up by consignee from pickup point": _COLLECTED,
    "gavėjas atsiėmė siuntą iš siuntų taško/terminalo": _COLLECTED,
}
CODES: Mapping[str, Meaning] = {**_LIFE_CYCLE, **_SCANS, **_BALTIC}

_CLOCK = "%m/%d/%Y %I:%M:%S %p"
_DEPOT = re.compile(r"([^(]*)\(([A-Z]{2})\)")
_HOURS = re.compile(r"(\d{2}):?(\d{2})\s*-\s*(\d{2}):?(\d{2})")


def _normalise(code: str) -> str:
    return code.strip().rstrip(".").casefold()


def parse(body: bytes, context: ParseContext) -> Parsed:
    if is_xml(body):
        return _life_cycle(read_xml(body), context)
    parcels = rows(read_json(body), "parcels", "data")
    return collect(parcels, lambda parcel: _parcel(obj(parcel), context))


def _life_cycle(root: Element, context: ParseContext) -> Parsed:
    results = list(root.iter("trackingresult"))
    if not results:
        raise Malformed("trackingresult", "is missing")
    return collect(results, lambda result: _result(result, context))


def _result(result: Element, context: ParseContext) -> Parsed:
    named = {"parcelLabelNumber": result.findtext(".//parcelLabelNumber")}
    number = number_of(named, context.tracking_number, "parcelLabelNumber")
    return collect(result.iter("statusInfo"), lambda step: _step(step, number, context))


def _step(step: Element, number: str, context: ParseContext) -> Scan | None:
    if (step.findtext("statusHasBeenReached") or "true").strip() == "false":
        return None
    said = {tag: _content(step, tag) for tag in ("label", "description", "location", "date")}
    code = required({"status": step.findtext("status")}, "status")
    if _normalise(code) == "pickedup":
        code = f"{code}/{said['description'] or said['label'] or ''}".rstrip("/")
    where = _depot(said["location"])
    zone = zone_for(where.country if where else None) or context.zone or CARRIER.zone
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=when(said, zone, "date", pattern=_CLOCK),
        code=code,
        **verdict(CARRIER.meaning(code)),
        description=prose(said["description"] or said["label"]),
        location=where,
    )


def _content(step: Element, tag: str) -> str | None:
    """The text of a field, which lies one or two elements called `content` deep."""
    found = (text(node.text) for node in step.iterfind(f"{tag}//content"))
    return next((said for said in found if said is not None), None)


def _depot(said: str | None, country: str | None = None) -> Location | None:
    found = _DEPOT.fullmatch(said or "")
    city, code = (found[1], found[2]) if found else (said, country)
    return place({"city": city, "country": code}, city="city", country="country")


def _parcel(parcel: dict[str, Any], context: ParseContext) -> Parsed:
    number = number_of(parcel, context.tracking_number, "parcelNumber", "pknr")
    details = rows(parcel.get("details") or [])
    return collect(details, lambda row: _detail(obj(row), number, context))


def _detail(row: dict[str, Any], number: str, context: ParseContext) -> Scan:
    code = required(row, "statusCode", "status")
    meaning = CARRIER.meaning(code)
    country = first(row, "CountryIsoName")
    where = _depot(first(row, "City"), country)
    zone = zone_for(where.country if where else country) or context.zone or CARRIER.zone
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=when(row, zone, "dateTime"),
        code=code,
        **verdict(meaning),
        description=prose(row.get("status")),
        location=where,
        estimate=_hours(row, zone) if meaning is _OUT else None,
    )


def _hours(row: dict[str, Any], zone: str) -> Window | None:
    """`TimeFrame` ("1200-1300") of a parcel on its round: hours of the day of the scan."""
    found = _HOURS.fullmatch(first(row, "TimeFrame") or "")
    if found is None:
        return None
    day = required(row, "dateTime")[:10]
    return window(f"{day} {found[1]}:{found[2]}", f"{day} {found[3]}:{found[4]}", zone)


CARRIER = Carrier(
    code="dpd",
    name="DPD",
    zone="Europe/Riga",
    codes=CODES,
    parse=parse,
    tracking_page="https://tracking.dpd.de/status/en_US/parcel/{number}",
    normalise=_normalise,
)
