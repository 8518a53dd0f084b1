"""What happens to a parcel, and the messages in which couriers and lockers tell it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schemas.status import Handover, Status
from tracking.local.simulate.places import Place


class Moment(StrEnum):
    """One thing that happens; every carrier has words of its own for it."""

    ANNOUNCED = "announced"
    HANDED_OVER = "handed_over"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    DELAYED = "delayed"
    CUSTOMS = "customs"
    RELEASED = "released"
    OUT = "out"
    ATTEMPT = "attempt"
    BACK_AT_DEPOT = "back_at_depot"
    STORED = "stored"
    NOTIFIED = "notified"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    UNKNOWN = "unknown"  # a word that nobody has mapped


@dataclass(frozen=True, slots=True)
class Happening:
    """A moment of one parcel. `details` are further fields of an event in Klāt's own format."""

    at: datetime
    moment: Moment
    place: Place | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parcel:
    """`carrier` is whose parcel it is, also where an aggregator speaks for that carrier."""

    carrier: str
    number: str


class Way(StrEnum):
    """How a message travels."""

    HTTP = "http"
    AMQP = "amqp"


@dataclass(frozen=True, slots=True)
class Message:
    """One body as a courier or a locker sends it.

    `sender` is the carrier code whose key or routing key it uses. `native`: the carrier's own
    format. `number` goes beside a body that does not name its parcel.
    """

    at: datetime
    sender: str
    way: Way
    body: bytes
    native: bool = True
    from_locker: bool = False
    number: str | None = None
    media: str = "application/json"

    @property
    def routing_key(self) -> str:
        return f"{'locker' if self.from_locker else 'carrier'}.{self.sender}"

    @property
    def headers(self) -> dict[str, str]:
        """Those of the AMQP message."""
        marked = {"x-format": "native"} if self.native else {}
        asked = {"x-tracking-number": self.number} if self.number else {}
        return {"content-type": self.media} | marked | asked


@dataclass(frozen=True, slots=True)
class Expected:
    """How the story ends, whatever the order and the number of deliveries."""

    status: Status
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """One parcel from its announcement to its end."""

    plot: str
    voice: str
    parcel: Parcel
    messages: tuple[Message, ...]
    expected: Expected
