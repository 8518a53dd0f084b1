"""Bodies of the HTTP interface: what shops register and what everybody is answered."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from schemas.base import CurrencyCode, Frozen, LongText, ShortText
from schemas.contact import Buyer, Recipient
from schemas.notice import Addressee, Channel, NoticeState, Occasion
from schemas.price import Cost
from schemas.promise import ExpectedBody, PromiseBody, PromiseTold
from schemas.scan import CarrierCode, Confidence, Estimate, Location, TrackingNumber
from schemas.shipment import EntryKind
from schemas.status import Handover, Reason, Status

AMOUNT = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$"
Amount = Annotated[str, StringConstraints(pattern=AMOUNT)]
Reference = Annotated[ShortText, StringConstraints(min_length=1, max_length=100)]


class Money(Frozen):
    """A sum, its amount written as text: "49.90"."""

    amount: Amount
    currency: CurrencyCode

    @property
    def cents(self) -> int:
        return int(Decimal(self.amount).scaleb(2))

    @classmethod
    def from_cents(cls, cents: int, currency: str) -> Self:
        return cls(amount=f"{Decimal(cents).scaleb(-2):.2f}", currency=currency)


class Notify(Frozen):
    """By which ways Klāt may write to the recipient about this parcel."""

    sms: StrictBool = True
    email: StrictBool = True


class ShipmentRegistration(Frozen):
    """`POST /v1/shipments`: a parcel of the shop, and whom it concerns."""

    carrier: CarrierCode
    tracking_number: TrackingNumber
    order: Reference | None = None
    merchant_reference: Reference | None = None
    recipient: Recipient | None = None
    buyer: Buyer | None = None
    promise: PromiseTold | None = None
    value: Money | None = None
    service: Reference | None = None
    notify: Notify = Notify()


class HistoryItem(Frozen):
    """One line of a parcel's life. `at` is the effective instant, in UTC; `raw_time` what was sent.

    `kind` tells a change of status from an informational, unrecognised or retracted event.
    """

    id: str
    kind: EntryKind
    at: datetime
    confidence: Confidence
    raw_time: str
    received_at: datetime
    version: int
    status: Status | None = None
    reason: Reason | None = None
    handover: Handover | None = None
    code: str | None = None
    description: LongText | None = None
    location: Location | None = None
    event_id: str | None = None
    retracts: str | None = None


class PickupPlace(Frozen):
    """Where the parcel waits and until when. The code that opens the door is never in the API."""

    place: Location | None = None
    until: datetime | None = None


class ShipmentBody(Frozen):
    """A shipment as shop and support see it. Instants are UTC.

    `tracking_url` is answered to the call that made the link, and never again: only its hash is
    kept. `version` rises with every change.
    """

    shipment_id: UUID
    carrier: CarrierCode
    tracking_number: TrackingNumber
    journey: int
    registered: bool
    order: str | None = None
    merchant_reference: str | None = None
    service: str | None = None
    tracking_url: str | None = None
    version: int
    changed_at: datetime
    status: Status
    reason: Reason | None = None
    handover: Handover | None = None
    since: datetime | None = None
    attempts: int = 0
    promise: PromiseBody | None = None
    estimate: Estimate = None
    expected: ExpectedBody | None = None
    pickup: PickupPlace | None = None
    value: Money | None = None
    history: list[HistoryItem]


class FieldWarning(Frozen):
    """What was taken and may be a slip, by a JSON pointer into the body."""

    pointer: str
    warning: str


class ShipmentRegistered(ShipmentBody):
    """The answer to a registration; `warnings` hold nothing up."""

    warnings: list[FieldWarning]


class ShipmentFound(ShipmentBody):
    """The newest shipment of a number or order; `others` are the ids of the older ones."""

    others: list[UUID] = Field(default_factory=list)


class NoticeBody(Frozen):
    """What was said to whom, or decided not to be. Instants are UTC.

    `rule` says when such a notice is said. `reason` says why it was dropped, put off or given up,
    `explanation` the same in words; `fact_id` after which news it was decided. `text` and `subject`
    are the words as sent, without what opens the locker or the page. `to` is the end of the number
    or the beginning of the address that it went to, "replaced" where the shop has told another one
    since; null for browsers, before it was handed over, and when the words are forgotten.
    `segments` and `cost` are of a text message that was handed over; no cost: nothing was spent, or
    the operator told no price.
    """

    notice_id: UUID
    occasion: Occasion
    rule: str
    round: str
    channel: Channel
    addressee: Addressee
    to: str | None = None
    state: NoticeState
    reason: str | None = None
    explanation: str | None = None
    due_at: datetime
    until: datetime
    fact_id: str | None = None
    version: int
    tries: int
    language: str | None = None
    provider: str | None = None
    provider_id: str | None = None
    subject: str | None = None
    text: str | None = None
    segments: int | None = None
    cost: Cost | None = None
    planned_at: datetime
    changed_at: datetime


class NoticeList(Frozen):
    """In the order in which they were or are due."""

    notices: list[NoticeBody]


class Rejected(Frozen):
    """One event of a body that was not taken, by its place from 0; the error names the field."""

    index: int
    error: str


class Receipt(Frozen):
    """What became of a body of events. Accepted ones are safe: the broker has confirmed them."""

    receipt: UUID
    accepted: int
    rejected: list[Rejected]


class FieldError(Frozen):
    """What is wrong where. `pointer` is a JSON pointer (RFC 6901) into the body."""

    pointer: str
    error: str


class Problem(Frozen):
    """RFC 9457 `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None
