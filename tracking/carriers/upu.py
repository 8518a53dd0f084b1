"""UPU EMSEVT: the event codes that posts exchange, and a plain JSON reading of them for any post.

The body is one event, a list of events, or a mail item (or a list of them) with its `events`:

    {"itemId": "RR123456789LV", "events": [
        {"code": "EMI", "time": "2026-11-20T14:03:00+02:00", "location": "Rīga 10", "country": "LV"}
    ]}

The item's id may stand on each event instead. Other names that posts use for the same are listed
below. A time without an offset is local time in Riga, or in the zone that the operator set.
"""

from collections.abc import Mapping
from typing import Any

from schemas.scan import Scan
from schemas.status import Reason, Status
from tracking.carriers.base import Carrier, Meaning, ParseContext, Parsed
from tracking.carriers.payload import (
    first,
    nested,
    number_of,
    obj,
    place,
    prose,
    raw_code,
    read_json,
    required,
    verdict,
    when,
)

_MOVING = Meaning(Status.IN_TRANSIT)
_HELD = Meaning(Status.HELD)
_AT_CUSTOMS = Meaning(Status.HELD, Reason.CUSTOMS_INSPECTION)

EMSEVT: Mapping[str, Meaning] = {
    "EMA": Meaning(Status.ACCEPTED),
    "EMB": _MOVING,  # arrival at the outward office of exchange
    "EXA": _MOVING,  # presented to export customs
    "EXB": _AT_CUSTOMS,  # held by export customs
    "EXC": _MOVING,  # back from export customs
    "EXD": _HELD,  # held at the outward office of exchange
    "EXX": Meaning(Status.EXCEPTION),  # export cancelled
    "EMC": _MOVING,  # departure from the outward office of exchange
    "EMJ": _MOVING,  # arrival at a transit office
    "EMK": _MOVING,  # departure from a transit office
    "EMD": _MOVING,  # arrival at the inward office of exchange
    "EDA": _HELD,  # held at the inward office of exchange
    "EDB": _MOVING,  # presented to import customs
    "EME": _AT_CUSTOMS,  # held by import customs
    "EDC": _MOVING,  # back from import customs
    "EMF": _MOVING,  # departure from the inward office of exchange
    "EDD": _MOVING,  # into a sorting centre
    "EDE": _MOVING,  # out of a sorting centre
    "EMX": _MOVING,  # the same, legacy
    "EMG": _MOVING,  # arrival at the delivery office
    "EDF": _HELD,  # held at the delivery depot
    "EDG": Meaning(Status.OUT_FOR_DELIVERY),
    "EDH": Meaning(Status.READY_FOR_PICKUP),  # a locker or a counter: the code does not say
    "EMH": Meaning(Status.ATTEMPT_FAILED),
    "EMI": Meaning(Status.DELIVERED),
    "EDX": Meaning(Status.EXCEPTION),  # import terminated
}

_NUMBER = ("itemId", "itemIdentifier", "mailItemId", "barcode", "tracking_number")
_CODE = ("code", "eventCode", "event")
_TIME = ("time", "eventDateTime", "eventDate", "date")


def _normalise(code: str) -> str:
    return code.strip().upper()


def parse(body: bytes, context: ParseContext) -> Parsed:
    zone = context.zone or CARRIER.zone

    def read(item: dict[str, Any], row: Any) -> Scan:
        event = obj(row)
        code = required(event, *_CODE)
        asked = first(item, *_NUMBER) or context.tracking_number
        return Scan(
            carrier=CARRIER.code,
            tracking_number=number_of(event, asked, *_NUMBER),
            time=when(event, zone, *_TIME),
            code=raw_code(code),
            **verdict(CARRIER.meaning(code)),
            description=prose(event.get("description")),
            location=place(event, name="location", city="city", country="country"),
        )

    return nested(read_json(body), "events", read)


CARRIER = Carrier(
    code="upu",
    name="UPU EMSEVT",
    zone="Europe/Riga",
    codes=EMSEVT,
    parse=parse,
    normalise=_normalise,
)
