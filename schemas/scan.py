"""Scan: one normalised courier or locker event, and the same event in Klāt's own format."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import (
    CountryCode,
    Frozen,
    Instant,
    KnownInstant,
    LongText,
    ShortText,
    ToldId,
    ToldLong,
    ToldShort,
    iso_time,
    printable,
)
from schemas.status import Handover, Reason, Status

CARRIER, NUMBER = r"^[a-z][a-z0-9_-]{1,31}$", r"^[A-Za-z0-9][A-Za-z0-9 ./~_-]{0,62}$"
CarrierCode = Annotated[str, StringConstraints(pattern=CARRIER)]
TrackingNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=NUMBER)
]


def _iso_time(value: str) -> str:
    try:
        iso_time(value)
    except ValueError:
        raise ValueError("not an ISO 8601 time such as 2026-11-20T14:03:00+02:00") from None
    return value


IsoTime = Annotated[str, StringConstraints(max_length=40), AfterValidator(_iso_time)]
EventId = Annotated[str, printable(200)]
RawCode = Annotated[str, printable(120)]

LAST_DELIVERY = "last_delivery"
"""Value of `retracts` when the carrier takes back its latest delivery without naming an event."""
SCAN: Final = "scan:"
"""Begins a value of `retracts` that names one scan by its key (hex), which every event has."""
Retracted = Annotated[EventId, Field(description=f"The id of an event, or {LAST_DELIVERY!r}")]


class Confidence(StrEnum):
    """How far the instant of a scan can be trusted."""

    EXACT = "exact"  # the carrier gave an offset
    ASSUMED_ZONE = "assumed_zone"  # local time, read in the carrier's zone
    DATE_ONLY = "date_only"  # a day without a time
    CLAMPED = "clamped"  # in the future or before 2000: the time of receipt stands instead


class ScanTime(Frozen):
    """When it happened: the raw text, the instant read from it, and how sure that is.

    `at` is an aware instant in UTC. `alternative` is set when the raw local time happened twice
    (the repeated hour at the end of summer time): `at` is then the first pass, `alternative` the
    second, and the fold chooses. For DATE_ONLY `at` is local midnight that begins the day and
    `alternative` the local midnight that ends it.
    """

    raw: Annotated[str, StringConstraints(max_length=80)]
    at: Instant
    alternative: Instant | None = None
    confidence: Confidence = Confidence.EXACT


class Location(Frozen):
    """A place as the carrier names it. `place_id` is the carrier's own id of a locker or shop."""

    name: ShortText | None = None
    address: ShortText | None = None
    city: ShortText | None = None
    postcode: ShortText | None = None
    country: CountryCode | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    place_id: ShortText | None = None


class Window(Frozen):
    """An estimate: from and to, aware. `day_only` when the carrier named a date without hours."""

    starts: KnownInstant = Field(default=None, alias="from")
    ends: KnownInstant = Field(default=None, alias="to")
    day_only: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.model_fields_set & {"starts", "ends"}:
            raise ValueError("estimate needs 'from' or 'to'")
        if self.starts and self.ends and self.starts > self.ends:
            raise ValueError("estimate 'from' is later than 'to'")
        return self

    def or_none(self) -> Self | None:
        """None when neither limit means anything."""
        return self if self.starts or self.ends else None


def _known(window: Window | None) -> Window | None:
    return window and window.or_none()


Estimate = Annotated[Window | None, AfterValidator(_known)]


class Pickup(Frozen):
    """What the recipient needs to collect: until when, the door code, an opaque QR text.

    `code` and `qr` are secrets: sealed before they are stored, shown only behind the second factor.
    """

    until: KnownInstant = None
    code: Annotated[str, printable(400)] | None = None
    qr: Annotated[str, printable(2000)] | None = None


class Scan(Frozen):
    """One courier or locker event, normalised; what every carrier file returns.

    `status` None with `recognised` True is an informational event (shown, changes nothing);
    `recognised` False is a code that nobody has mapped (shown, counted, kept, changes nothing).
    `code` is the carrier's own word, whole: parts are joined by "/".
    """

    carrier: CarrierCode
    tracking_number: TrackingNumber
    time: ScanTime
    event_id: EventId | None = None
    status: Status | None = None
    reason: Reason | None = None
    handover: Handover | None = None
    code: RawCode | None = None
    recognised: bool = True
    description: LongText | None = None
    location: Location | None = None
    estimate: Estimate = None
    pickup: Pickup | None = None
    retracts: EventId | None = None
    signed_by: ShortText | None = None
    note: ShortText | None = None  # what the adapter noticed: a contradiction, a placeholder


def scan_key(scan: Scan) -> bytes:
    """16 bytes that tell one event from another: the carrier's id, or its meaningful fields.

    Leaves out what may be read differently later (of an event with a code its status and reason:
    the code may be mapped after it came) and what is secret (the pickup code: only whether there
    is one).
    """
    if scan.event_id is not None:
        return hashlib.blake2b(b"id\x1f" + scan.event_id.encode(), digest_size=16).digest()
    return scan_digest(scan)


def scan_digest(scan: Scan) -> bytes:
    """16 bytes over the meaningful fields, whatever id the carrier gave."""
    place, estimate, pickup = scan.location, scan.estimate, scan.pickup
    meaning = [
        scan.code or f"{scan.status or ''}/{scan.reason or ''}",
        str(scan.time.at.timestamp()),
        "day" if scan.time.confidence is Confidence.DATE_ONLY else "",
        scan.description or "",
        scan.handover or "",
        scan.retracts or "",
        scan.signed_by or "",
    ]
    # Each group begins with its own mark, so that no two meanings share a text.
    if place is not None:
        names = (place.name, place.city, place.postcode, place.country, place.place_id)
        meaning += ("place", *(name or "" for name in names))
    if estimate is not None:
        meaning += ("estimate", str(estimate.starts), str(estimate.ends))
    if pickup is not None:
        meaning += ("pickup", str(pickup.until), str(pickup.code is None), str(pickup.qr is None))
    return hashlib.blake2b("\x1f".join(meaning).encode(errors="replace"), digest_size=16).digest()


class EventPickup(Frozen):
    """Until when it waits, and what opens the door. A day means to its end."""

    until: IsoTime | None = None
    code: Annotated[str, printable(32)] | None = None


class EventWindow(Frozen):
    """When it is expected; two dates, or one, are days without hours."""

    starts: IsoTime | None = Field(default=None, alias="from")
    ends: IsoTime | None = Field(default=None, alias="to")
    day_only: bool = False

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if not self.model_fields_set & {"starts", "ends"}:
            raise ValueError("needs 'from' or 'to'")
        return self


class EventLocation(Location):
    """A place in a courier's words, which are cut where they are too long."""

    name: ToldShort | None = None
    address: ToldShort | None = None
    city: ToldShort | None = None
    postcode: ToldShort | None = None
    place_id: ToldId | None = None


# What a retraction cannot say: it would be lost, as taking back is all that it does.
_OF_THE_PRESENT = ("status", "handover", "estimate", "pickup")


class Event(Frozen):
    """An event in Klāt's own format (`POST /v1/events`, routing keys `carrier.*`, `locker.*`).

    Times are ISO 8601: without an offset local time in the carrier's zone, without a time a day.
    `status`, `code` or `retracts` is required; a code is read by the carrier's table, then by the
    table of locker events. What takes another event back says nothing else. Unknown keys are
    refused, texts for people that are too long are cut.
    """

    event_id: EventId | None = None
    carrier: CarrierCode
    tracking_number: TrackingNumber
    occurred_at: IsoTime
    status: Status | None = None
    reason: Reason | None = None
    handover: Handover | None = None
    code: RawCode | None = None
    description: ToldLong | None = None
    location: EventLocation | None = None
    estimate: EventWindow | None = None
    pickup: EventPickup | None = None
    retracts: Retracted | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.status is None and self.code is None and self.retracts is None:
            raise ValueError("'status' or 'code' is required")
        return self

    @model_validator(mode="after")
    def _takes_back_or_tells(self) -> Self:
        if self.retracts is not None:
            said = next((name for name in _OF_THE_PRESENT if getattr(self, name)), None)
            if said is not None:
                raise ValueError(
                    f"{said}: does not go with 'retracts'; "
                    "send what is true now as an event of its own"
                )
        return self
