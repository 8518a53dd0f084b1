"""bpost: the tracking answer, XML, one parcel or a list of them.

The state code decides, or else the word that opens its description ("Sorted - sorted_out");
bpost publishes only a few. `deliveryTime` is when it was delivered, not an estimate, and a
`pickupPoint` is named whether or not the parcel waits there: both are left alone.
"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from schemas.scan import Scan
from schemas.status import Handover, Status
from tracking.carriers.base import Carrier, Malformed, Meaning, ParseContext, Parsed, text
from tracking.carriers.payload import (
    collect,
    fields_of,
    first,
    number_of,
    prose,
    read_xml,
    required,
    verdict,
    when,
)

_BACK = Meaning(Status.RETURNED, handover=Handover.SENDER)
_DELIVERED = Meaning(Status.DELIVERED)

CODES: Mapping[str, Meaning] = {
    "T00": Meaning(Status.IN_TRANSIT),
    "L00": Meaning(Status.OUT_FOR_DELIVERY),
    "U01": _DELIVERED,
    "ANNOUNCEMENTRECEIVED": Meaning(Status.INFO_RECEIVED),
    "SORTED": Meaning(Status.IN_TRANSIT),
    "BOUNDTOROUND": Meaning(Status.OUT_FOR_DELIVERY),
    "DISTRIBUTEDNORMALLY": _DELIVERED,
    "DISTRIBUTEDAFTERBTS": _DELIVERED,
    "DISTRIBUTEDABROAD": _DELIVERED,
    "RETURNEDTOSENDER": _BACK,
    "DELIVEREDTOSENDER": _BACK,
}


def _normalise(code: str) -> str:
    return code.strip().upper()


def parse(body: bytes, context: ParseContext) -> Parsed:
    root = read_xml(body)
    items = [root] if root.tag == "itemTracking" else list(root.iter("itemTracking"))
    if not items:
        raise Malformed("itemTracking", "is missing")
    return collect(items, lambda item: _item(item, context))


def _item(item: Element, context: ParseContext) -> Parsed:
    number = number_of(fields_of(item), context.tracking_number, "itemCode")
    return collect(item.iter("stateInfo"), lambda state: _scan(state, number, context))


def _scan(state: Element, number: str, context: ParseContext) -> Scan:
    fields = fields_of(state)
    code = required(fields, "stateCode")
    return Scan(
        carrier=CARRIER.code,
        tracking_number=number,
        time=when(fields, context.zone or CARRIER.zone, "time"),
        code=code,
        **verdict(_meaning(code, first(fields, "stateDescription"))),
        description=prose(fields.get("stateDescription")),
    )


def _meaning(code: str, description: str | None) -> Meaning | None:
    word = text((description or "").partition(" - ")[0])
    return CARRIER.meaning(code) or (CARRIER.meaning(word) if word else None)


CARRIER = Carrier(
    code="bpost",
    name="bpost",
    zone="Europe/Brussels",
    codes=CODES,
    parse=parse,
    tracking_page="https://track.bpost.cloud/btr/web/#/search?itemCode={number}",
    normalise=_normalise,
)
