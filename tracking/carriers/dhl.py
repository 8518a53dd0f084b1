"""DHL: shipments of the unified tracking API, as answered and as pushed.

`statusCode` is the API's own word and decides; `status` is the product's text and may say the
opposite, which is noted. The header's status repeats the newest event, so it is read only where
there are no events. DHL writes people into `description`: what may be a name is never kept as a
text, and becomes the signer only of a delivery. A proof of delivery alone delivers nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from schemas.scan import Location, Scan
from schemas.status import Status
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
    read_json,
    required,
    rows,
    sub,
    verdict,
    when,
)
from tracking.carriers.zones import zone_for

CODES: Mapping[str, Meaning] = {
    "pre-transit": Meaning(Status.INFO_RECEIVED),
    "transit": Meaning(Status.IN_TRANSIT),
    "delivered": Meaning(Status.DELIVERED),
    "failure": Meaning(Status.EXCEPTION),
    "unknown": INFORMATIONAL,
}

_SIGNED = re.compile(r"\bsigned\s+(?:for\s+)?by\b\s*:?(.*)", re.IGNORECASE)
# A text with one of these in it speaks of a parcel; a short one without may be somebody's name.
_VOCABULARY = """
    address arrival arrived arriving attempt awaiting clearance closed collected courier customs
    data delay delayed delivered delivery departed destination electronically event exception
    export facility handed hold import in information item label location locker on origin out
    package parcel pick picked pickup point post processed processing received recipient refused
    released return returned scheduled sender sent service shipment sorted sorting the transferred
    transit uncleared updated with
"""
_PARCEL_WORDS = frozenset(_VOCABULARY.split())
_LONGEST_NAME = 4  # words


def _normalise(code: str) -> str:
    return code.strip().casefold()


def parse(body: bytes, context: ParseContext) -> Parsed:
    shipments = rows(read_json(body), "shipments")
    return collect(shipments, lambda shipment: _shipment(obj(shipment), context))


def _shipment(shipment: dict[str, Any], context: ParseContext) -> Parsed:
    number = number_of(shipment, context.tracking_number, "id", "trackingNumber")
    events = rows(shipment.get("events") or shipment.get("status") or [])
    parsed = collect(events, lambda event: _scan(obj(event), shipment, number, context))
    frame = sub(shipment, "estimatedDeliveryTimeFrame")
    zone = _zone(sub(sub(shipment, "destination"), "address"), context)
    estimate = window(frame.get("estimatedFrom"), frame.get("estimatedThrough"), zone)
    return estimated(
        parsed, estimate or window(None, shipment.get("estimatedTimeOfDelivery"), zone)
    )


def _scan(
    event: dict[str, Any], shipment: dict[str, Any], number: str, context: ParseContext
) -> Scan:
    code = required(event, "statusCode")
    meaning = CARRIER.meaning(code)
    address = sub(sub(event, "location"), "address")
    people = _people(shipment)
    description, name = _told(first(event, "description"), people)
    delivered = meaning is not None and meaning.status is Status.DELIVERED
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=when(event, _zone(address, context), "timestamp"),
        code=code,
        **verdict(meaning),
        description=prose(description or _told(first(event, "remark"), people)[0]),
        location=_location(sub(event, "location"), address),
        signed_by=(name or _receipt(shipment)) if delivered else None,
        note=_contradiction(code, first(event, "status")),
    )


def _told(said: str | None, people: frozenset[str]) -> tuple[str | None, str | None]:
    """A description as (text, name of the signer); a text that may be a name is no text."""
    if said is None:
        return None, None
    found = _SIGNED.search(said)
    text, name = (said[: found.start()].rstrip(" -,.:;"), found[1]) if found else (said, "")
    if _may_be_name(text, people):
        is_short = len(text.split()) <= _LONGEST_NAME
        return None, signer(name) or (signer(text) if is_short else None)
    return text, signer(name)


def _may_be_name(said: str, people: frozenset[str]) -> bool:
    words = re.findall(r"[^\W\d_]+", said.casefold())
    if people.intersection(words):
        return True
    return len(words) <= _LONGEST_NAME and not _PARCEL_WORDS.intersection(words)


def _people(shipment: dict[str, Any]) -> frozenset[str]:
    """The words of the names of everybody in the shipment's details."""
    details = sub(shipment, "details")
    proof = sub(sub(details, "proofOfDelivery"), "signed")
    named = (sub(details, "receiver"), sub(details, "sender"), proof)
    names = (first(person, key) for person in named for key in ("name", "givenName", "familyName"))
    words = {word for name in names if name for word in re.findall(r"[^\W\d_]+", name.casefold())}
    return frozenset(words - _PARCEL_WORDS)


def _receipt(shipment: dict[str, Any]) -> str | None:
    signed = sub(sub(sub(shipment, "details"), "proofOfDelivery"), "signed")
    whole = " ".join(filter(None, (first(signed, "givenName"), first(signed, "familyName"))))
    return signer(whole) or signer(signed.get("name"))


def _location(location: dict[str, Any], address: dict[str, Any]) -> Location | None:
    point = sub(location, "servicePoint")
    return place(
        {**address, "label": point.get("label")},
        name="label",
        city="addressLocality",
        postcode="postalCode",
        country="countryCode",
    )


def _zone(address: dict[str, Any], context: ParseContext) -> str:
    return zone_for(first(address, "countryCode")) or context.zone or CARRIER.zone


def _contradiction(code: str, status: str | None) -> str | None:
    other = _normalise(status or "")
    return "status contradicts statusCode" if other in CODES and other != _normalise(code) else None


CARRIER = Carrier(
    code="dhl",
    name="DHL",
    zone="Europe/Berlin",
    codes=CODES,
    parse=parse,
    tracking_page="https://www.dhl.com/en/express/tracking.html?AWB={number}",
    normalise=_normalise,
)
