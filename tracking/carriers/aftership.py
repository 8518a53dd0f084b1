"""AfterShip: its webhook and its tracking answers; and our statuses as AfterShip's tags.

The scans belong to the courier behind AfterShip (`slug`). The subtag decides; a subtag that is not
known leaves its tag standing, with a note. `checkpoint_time` may lack a zone, `ts` is when the
message was made. A tracking that AfterShip gave up on (Expired) has no checkpoint of its own.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.scan import Location, Scan, ScanTime, Window
from schemas.status import Handover, Reason, Status
from tracking.carriers.base import Carrier, Malformed, Meaning, ParseContext, Parsed
from tracking.carriers.estimates import estimated, window
from tracking.carriers.lockers import waits_in
from tracking.carriers.names import carrier_code, signer
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
from tracking.carriers.times import read_time
from tracking.carriers.zones import alpha2, zone_for

_MOVING = Meaning(Status.IN_TRANSIT)
_OUT = Meaning(Status.OUT_FOR_DELIVERY)
_WAITS = Meaning(Status.READY_FOR_PICKUP)
_COLLECTED = Meaning(Status.DELIVERED)
_EXCEPTION = Meaning(Status.EXCEPTION)
_ADDRESS = Meaning(Status.EXCEPTION, Reason.RECIPIENT_ADDRESS)
_DELAYED = Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY)

_TAGS = {
    "Pending": Meaning(Status.PENDING),
    "InfoReceived": Meaning(Status.INFO_RECEIVED),
    "InTransit": _MOVING,
    "OutForDelivery": _OUT,
    "AttemptFail": Meaning(Status.ATTEMPT_FAILED),
    "Delivered": Meaning(Status.DELIVERED),
    "AvailableForPickup": _WAITS,
    "Exception": _EXCEPTION,
    "Expired": Meaning(Status.EXPIRED),
}
_SUBTAGS = {
    **dict.fromkeys([f"Pending_00{n}" for n in range(1, 7)], _TAGS["Pending"]),
    "InfoReceived_001": _TAGS["InfoReceived"],
    **dict.fromkeys([f"InTransit_00{n}" for n in (1, 3, 4, 5, 6, 7, 8)], _MOVING),
    "InTransit_002": Meaning(Status.ACCEPTED),
    "InTransit_009": Meaning(Status.IN_TRANSIT, Reason.REDIRECTED),
    **dict.fromkeys([f"OutForDelivery_00{n}" for n in (1, 3, 4)], _OUT),
    "OutForDelivery_002": _WAITS,
    "AttemptFail_001": _TAGS["AttemptFail"],
    "AttemptFail_002": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT),
    "AttemptFail_003": Meaning(Status.ATTEMPT_FAILED, Reason.RECIPIENT_CLOSED),
    "AvailableForPickup_001": _WAITS,
    **dict.fromkeys(("Delivered_001", "Delivered_004"), _TAGS["Delivered"]),
    "Delivered_002": _COLLECTED,
    "Delivered_003": Meaning(Status.DELIVERED, handover=Handover.RECIPIENT),
    "Delivered_005": Meaning(Status.DELIVERED, handover=Handover.NEIGHBOUR),
    **dict.fromkeys(("Exception_001", "Exception_014", "Exception_015"), _EXCEPTION),
    **dict.fromkeys(("Exception_002", "Exception_007"), _ADDRESS),
    "Exception_003": Meaning(Status.RETURNING, Reason.RECIPIENT_REFUSED),
    "Exception_004": Meaning(Status.HELD, Reason.CUSTOMS_DELAY),
    "Exception_005": Meaning(Status.IN_TRANSIT, Reason.OTHER),
    "Exception_006": Meaning(Status.HELD, Reason.RECIPIENT_PAYMENT),
    "Exception_008": Meaning(Status.HELD, Reason.PICKUP_MISSED),
    "Exception_009": Meaning(Status.EXCEPTION, Reason.SENDER_PACKAGING),
    "Exception_010": Meaning(Status.RETURNING),
    "Exception_011": Meaning(Status.RETURNED, handover=Handover.SENDER),
    "Exception_012": Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED),
    "Exception_013": Meaning(Status.EXCEPTION, Reason.CARRIER_LOST),
    **dict.fromkeys(("Exception_016", "Exception_019"), _DELAYED),
    "Exception_017": Meaning(Status.IN_TRANSIT, Reason.WEATHER),
    "Exception_018": Meaning(Status.HELD, Reason.CUSTOMS_DOCUMENTS),
    "Exception_020": Meaning(Status.CANCELLED),
    "Exception_021": Meaning(Status.EXCEPTION, Reason.CARRIER_DESTROYED),
    "Expired_001": _TAGS["Expired"],
}
CODES: Mapping[str, Meaning] = {**_TAGS, **_SUBTAGS}

AFTERSHIP_TAGS: Mapping[tuple[Status, Handover | Reason | None], str] = {
    (Status.PENDING, None): "Pending_001",
    (Status.INFO_RECEIVED, None): "InfoReceived_001",
    (Status.ACCEPTED, None): "InTransit_002",
    (Status.IN_TRANSIT, None): "InTransit_001",
    (Status.OUT_FOR_DELIVERY, None): "OutForDelivery_001",
    (Status.READY_FOR_PICKUP, None): "AvailableForPickup_001",
    (Status.ATTEMPT_FAILED, None): "AttemptFail_001",
    (Status.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT): "AttemptFail_002",
    (Status.ATTEMPT_FAILED, Reason.RECIPIENT_CLOSED): "AttemptFail_003",
    (Status.HELD, None): "Exception_001",
    (Status.HELD, Reason.CUSTOMS_DELAY): "Exception_004",
    (Status.HELD, Reason.RECIPIENT_PAYMENT): "Exception_006",
    (Status.HELD, Reason.PICKUP_MISSED): "Exception_008",
    (Status.HELD, Reason.CUSTOMS_DOCUMENTS): "Exception_018",
    (Status.DELIVERED, None): "Delivered_001",
    (Status.DELIVERED, Handover.LOCKER): "Delivered_002",
    (Status.DELIVERED, Handover.PICKUP_POINT): "Delivered_002",
    (Status.DELIVERED, Handover.RECIPIENT): "Delivered_003",
    (Status.DELIVERED, Handover.NEIGHBOUR): "Delivered_005",
    (Status.RETURNING, None): "Exception_010",
    (Status.RETURNED, None): "Exception_011",
    (Status.EXCEPTION, None): "Exception_001",
    (Status.EXCEPTION, Reason.CARRIER_DAMAGED): "Exception_012",
    (Status.EXCEPTION, Reason.CARRIER_LOST): "Exception_013",
    (Status.CANCELLED, None): "Exception_001",
    (Status.EXPIRED, None): "Expired_001",
}


def aftership_tag(
    status: Status, handover: Handover | None = None, reason: Reason | None = None
) -> tuple[str, str]:
    """Our status as AfterShip's (tag, subtag), as exact as AfterShip has words for."""
    details = (detail for detail in (reason, handover) if detail is not None)
    keys = (*((status, detail) for detail in details), (status, None))
    subtag = next(AFTERSHIP_TAGS[key] for key in keys if key in AFTERSHIP_TAGS)
    return subtag.rpartition("_")[0], subtag


def parse(body: bytes, context: ParseContext) -> Parsed:
    value = read_json(body)
    message = obj(value) if not isinstance(value, list) else {}
    given = message.get("msg") or message.get("data") or value
    if isinstance(given, dict):
        given = given.get("tracking", given)
    made = message.get("ts")
    return collect(rows(given, "trackings"), lambda item: _tracking(obj(item), made, context))


def _tracking(tracking: dict[str, Any], made: Any, context: ParseContext) -> Parsed:
    number = number_of(tracking, context.tracking_number, "tracking_number")
    carrier = carrier_code(first(tracking, "slug") or CARRIER.code)

    def read(checkpoint: Any) -> Scan:
        return _scan(obj(checkpoint), tracking, number, carrier, context)

    parsed = collect(rows(tracking.get("checkpoints") or []), read)
    parsed.scans.extend(_given_up(tracking, number, carrier, made))
    return estimated(parsed, _estimate(tracking, context))


def _scan(
    checkpoint: dict[str, Any],
    tracking: dict[str, Any],
    number: str,
    carrier: str,
    context: ParseContext,
) -> Scan:
    code = required(checkpoint, "subtag", "tag")
    tag = first(checkpoint, "tag") or code.rpartition("_")[0]
    meaning = CARRIER.meaning(code) or CARRIER.meaning(tag)
    where = _location(checkpoint)
    delivered = meaning is not None and meaning.status is Status.DELIVERED
    unknown = meaning is not None and CARRIER.meaning(code) is None
    return Scan(
        carrier=carrier,
        tracking_number=number,
        time=when(checkpoint, _zone(checkpoint, context), "checkpoint_time"),
        code=code,
        **verdict(meaning, _where(meaning, where)),
        description=prose(first(checkpoint, "message", "subtag_message")),
        location=where,
        signed_by=signer(tracking.get("signed_by")) if delivered else None,
        note="subtag is not known" if unknown else None,
    )


def _where(meaning: Meaning | None, where: Location | None) -> Handover | None:
    """Waiting or collected: the name of the place tells a locker from a counter."""
    if meaning is not _WAITS and meaning is not _COLLECTED:
        return None
    return waits_in(where.name if where else None) or Handover.PICKUP_POINT


def _location(checkpoint: dict[str, Any]) -> Location | None:
    point = sub(checkpoint, "coordinate")
    return place(
        {
            "name": checkpoint.get("location"),
            "city": checkpoint.get("city"),
            "postcode": first(checkpoint, "postal_code", "zip"),
            "country": alpha2(first(checkpoint, "country_region", "country_iso3")),
            "lat": point.get("latitude"),
            "lon": point.get("longitude"),
        },
        name="name",
        city="city",
        postcode="postcode",
        country="country",
        lat="lat",
        lon="lon",
    )


def _zone(checkpoint: dict[str, Any], context: ParseContext) -> str:
    country = first(checkpoint, "country_region", "country_iso3")
    return zone_for(country, first(checkpoint, "state")) or context.zone or CARRIER.zone


def _given_up(tracking: dict[str, Any], number: str, carrier: str, made: Any) -> list[Scan]:
    """The end of AfterShip's patience, which is said of the tracking and not of a checkpoint."""
    if first(tracking, "tag") != "Expired":
        return []
    code = first(tracking, "subtag") or "Expired"
    time = _noticed(tracking, made)
    meaning = verdict(CARRIER.meaning(code) or _TAGS["Expired"])
    return [Scan(carrier=carrier, tracking_number=number, time=time, code=code, **meaning)]


def _noticed(tracking: dict[str, Any], made: Any) -> ScanTime:
    updated = first(tracking, "updated_at")
    if updated is not None:
        return read_time(updated, CARRIER.zone, field="updated_at")
    try:
        return ScanTime(raw=str(int(made)), at=datetime.fromtimestamp(int(made), UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        raise Malformed("updated_at", "is missing or empty") from None


def _estimate(tracking: dict[str, Any], context: ParseContext) -> Window | None:
    zone = zone_for(first(tracking, "destination_country_region", "destination_country_iso3"))
    for key in ("latest_estimated_delivery", "courier_estimated_delivery_date"):
        told = sub(tracking, key)
        exact = first(told, "datetime", "estimated_delivery_date")
        starts = first(told, "datetime_min", "estimated_delivery_date_min")
        ends = first(told, "datetime_max", "estimated_delivery_date_max") or exact
        if found := window(starts, ends, zone or context.zone or CARRIER.zone):
            return found
    return None


def verify(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """HMAC-SHA256 in Base64 over the raw body."""
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    given = headers.get("aftership-hmac-sha256", "")
    return bool(secret) and hmac.compare_digest(expected, given.strip().encode())


CARRIER = Carrier(
    code="aftership",
    name="AfterShip",
    zone="UTC",
    codes=CODES,
    parse=parse,
    verify=verify,
)
