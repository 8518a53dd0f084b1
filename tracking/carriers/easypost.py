"""EasyPost: the `tracker.*` webhook, a tracker, or a list of trackers.

The scans belong to the carrier behind EasyPost. Its own `carrier_code` decides where we have that
carrier's table (FedEx PU is "picked up", whatever EasyPost makes of it); otherwise EasyPost's
`status/status_detail` does. Unknown details leave the status standing, with a note. The outer
`status` is the webhook's and `previous_attributes` are the past: neither is read.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from typing import Any

from schemas.scan import Scan, Window
from schemas.status import Handover, Reason, Status
from tracking.carriers import fedex
from tracking.carriers.base import Carrier, Meaning, ParseContext, Parsed
from tracking.carriers.estimates import estimated, window
from tracking.carriers.names import carrier_code, signer
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

_EXCEPTION = Meaning(Status.EXCEPTION)

_STATUSES = {
    "unknown": Meaning(Status.PENDING),
    "pre_transit": Meaning(Status.INFO_RECEIVED),
    "in_transit": Meaning(Status.IN_TRANSIT),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "available_for_pickup": Meaning(Status.READY_FOR_PICKUP, handover=Handover.PICKUP_POINT),
    "delivered": Meaning(Status.DELIVERED),
    "return_to_sender": Meaning(Status.RETURNING),
    "failure": _EXCEPTION,
    "error": _EXCEPTION,
    "cancelled": Meaning(Status.CANCELLED),
}
_DETAILS = {
    "address_correction": Meaning(Status.HELD, Reason.RECIPIENT_ADDRESS),
    "arrived_at_pickup_location": _STATUSES["available_for_pickup"],
    "awaiting_information": Meaning(Status.HELD),
    "cancelled": _STATUSES["cancelled"],
    "damaged": Meaning(Status.EXCEPTION, Reason.CARRIER_DAMAGED),
    "delayed": Meaning(Status.IN_TRANSIT, Reason.CARRIER_DELAY),
    "delivery_exception": _EXCEPTION,
    "expired": Meaning(Status.EXPIRED),
    "failure": _EXCEPTION,
    "held": Meaning(Status.HELD),
    "label_created": _STATUSES["pre_transit"],
    "lost": Meaning(Status.EXCEPTION, Reason.CARRIER_LOST),
    "missorted": Meaning(Status.IN_TRANSIT, Reason.CARRIER_MISSORTED),
    "out_for_delivery": _STATUSES["out_for_delivery"],
    "received_at_origin_facility": Meaning(Status.ACCEPTED),
    "refused": Meaning(Status.RETURNING, Reason.RECIPIENT_REFUSED),
    "return": _STATUSES["return_to_sender"],
    "transit_exception": _EXCEPTION,
    "weather_delay": Meaning(Status.IN_TRANSIT, Reason.WEATHER),
}
_SILENT_DETAILS = (
    "arrived_at_destination",
    "arrived_at_facility",
    "departed_facility",
    "departed_origin_facility",
    "in_transit",
    "received_at_destination_facility",
    "status_update",
    "transferred_to_destination_carrier",
    "unknown",
)
_OPEN = ("in_transit", "failure", "error", "unknown")  # the detail tells what kind; others decide
CODES: Mapping[str, Meaning] = {
    **_STATUSES,
    **{f"{s}/{d}": m for s, m in _STATUSES.items() for d in (*_DETAILS, *_SILENT_DETAILS)},
    **{f"{s}/{d}": m for s in _OPEN for d, m in _DETAILS.items()},
}

_NATIVE = {"fedex": fedex.CARRIER}


def _normalise(code: str) -> str:
    return code.strip().casefold()


def parse(body: bytes, context: ParseContext) -> Parsed:
    value = read_json(body)
    if isinstance(value, dict) and "result" in value:
        if not (first(value, "description") or "tracker.").startswith("tracker."):
            return Parsed()  # an event about something other than a parcel
        value = obj(value["result"], "result")
    return collect(rows(value, "trackers"), lambda tracker: _tracker(obj(tracker), context))


def _tracker(tracker: dict[str, Any], context: ParseContext) -> Parsed:
    number = number_of(tracker, context.tracking_number, "tracking_code")
    details = rows(tracker.get("tracking_details") or [])
    parsed = collect(details, lambda detail: _scan(obj(detail), tracker, number, context))
    return estimated(parsed, _estimate(tracker, context))


def _scan(
    detail: dict[str, Any], tracker: dict[str, Any], number: str, context: ParseContext
) -> Scan:
    carrier = carrier_code(first(tracker, "carrier") or CARRIER.code)
    code, meaning = _read(detail, carrier)
    delivered = meaning is not None and meaning.status is Status.DELIVERED
    return Scan(
        carrier=carrier,
        tracking_number=number,
        time=when(detail, context.zone or CARRIER.zone, "datetime"),
        code=code,
        **verdict(meaning),
        description=prose(first(detail, "message", "description")),
        location=place(
            sub(detail, "tracking_location"), city="city", postcode="zip", country="country"
        ),
        signed_by=signer(tracker.get("signed_by")) if delivered else None,
        note="status_detail is not known" if meaning and _is_new(code) else None,
    )


def _read(detail: dict[str, Any], carrier: str) -> tuple[str, Meaning | None]:
    """The word that decides, and what it means: the carrier's own before EasyPost's."""
    own, native = first(detail, "carrier_code"), _NATIVE.get(carrier)
    known = native.meaning(own) if native and own else None
    if own is not None and known is not None and known.status is not Status.EXCEPTION:
        return own, known
    status = required(detail, "status")
    code = raw_code(status, detail.get("status_detail")) or status
    return code, CARRIER.meaning(code) or CARRIER.meaning(status)


def _is_new(code: str) -> bool:
    return "/" in code and CARRIER.meaning(code) is None and fedex.CARRIER.meaning(code) is None


def _estimate(tracker: dict[str, Any], context: ParseContext) -> Window | None:
    """`est_delivery_date` at midnight UTC means a day where the parcel goes."""
    local = sub(tracker, "carrier_detail")
    day, clock = first(local, "est_delivery_date_local"), first(local, "est_delivery_time_local")
    zone = _destination_zone(tracker) or context.zone or CARRIER.zone
    exact = f"{day}T{clock}" if day and clock else day
    return window(None, exact, zone) or window(None, tracker.get("est_delivery_date"), zone)


def _destination_zone(tracker: dict[str, Any]) -> str | None:
    """The zone of the destination, or else of the last place named."""
    details = [row for row in rows(tracker.get("tracking_details") or []) if isinstance(row, dict)]
    spots = [sub(sub(tracker, "carrier_detail"), "destination_tracking_location")]
    spots += [sub(row, "tracking_location") for row in reversed(details)]
    zones = (zone_for(first(spot, "country"), first(spot, "state")) for spot in spots)
    return next((zone for zone in zones if zone is not None), None)


def verify(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """HMAC-SHA256 in hex over the raw body; the secret in Unicode form NFKD."""
    key = unicodedata.normalize("NFKD", secret).encode()
    expected = "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    given = headers.get("x-hmac-signature", "")
    return bool(secret) and hmac.compare_digest(expected.encode(), given.strip().encode())


CARRIER = Carrier(
    code="easypost",
    name="EasyPost",
    zone="UTC",
    codes=CODES,
    parse=parse,
    verify=verify,
    normalise=_normalise,
)
