"""The parcels of the demo: what happened to each, whom it is for, what to look at. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tracking.local.simulate.lives import tell
from tracking.local.simulate.people import (
    IVAN,
    JAAN,
    JANE,
    JANIS,
    JONAS,
    Person,
    at_hour,
    registration,
)
from tracking.local.simulate.plots import places
from tracking.local.simulate.story import Happening, Message, Moment, Parcel, Way
from tracking.local.simulate.voices import (
    EASYPOST,
    OMNIVA_LOCKERS,
    POSTI,
    RIGAVELO,
    UNISEND,
    VENIPAK,
    Voice,
)

Details = Mapping[str, object]
_SERIALS = 90_000_000  # times ten parcels
NOTHING: Details = {}


@dataclass(frozen=True, slots=True)
class Part:
    """A parcel as the author thought of it; `happened` so many hours before the demo was made."""

    name: str
    about: str
    voice: Voice
    person: Person
    happened: Sequence[tuple[Moment, float]]
    way: Way = Way.AMQP
    promised_in: timedelta = timedelta(days=1)
    details: Mapping[Moment, Details] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoParcel:
    """What to register and what to send."""

    name: str
    about: str
    person: Person
    registration: dict[str, Any]
    messages: Sequence[Message]


def cast(made_at: datetime) -> list[DemoParcel]:
    """The parcels that wait to be looked at, as they are at the time when the demo is made."""
    return [_played(part, index, made_at) for index, part in enumerate(_parts(made_at), start=1)]


def _parts(made_at: datetime) -> list[Part]:
    begun = ((Moment.ANNOUNCED, 70.0), (Moment.HANDED_OVER, 62.0), (Moment.DEPARTED, 60.0))
    stored = (
        *begun,
        (Moment.ARRIVED, 40.0),
        (Moment.OUT, 7.0),
        (Moment.STORED, 4.0),
    )
    return [
        Part(
            "locker",
            "waits in a locker: code, QR",
            OMNIVA_LOCKERS,
            JANIS,
            stored,
            details={Moment.STORED: in_locker(made_at, "482913")},
        ),
        Part(
            "late",
            "late",
            VENIPAK,
            JONAS,
            (*begun, (Moment.ARRIVED, 20.0)),
            promised_in=timedelta(days=-1),
        ),
        Part(
            "failed",
            "nobody was at home",
            RIGAVELO,
            JANE,
            (*begun, (Moment.ARRIVED, 26.0), (Moment.OUT, 5.0), (Moment.ATTEMPT, 2.0)),
            way=Way.HTTP,
            details={Moment.ATTEMPT: estimate(at_hour(made_at, 10, 1), at_hour(made_at, 12, 1))},
        ),
        Part(
            "customs",
            "held by customs",
            EASYPOST,
            JAAN,
            (*begun, (Moment.ARRIVED, 30.0), (Moment.CUSTOMS, 9.0)),
        ),
        Part(
            "taken back",
            "collected by mistake: undone",
            OMNIVA_LOCKERS,
            IVAN,
            (*stored, (Moment.COLLECTED, 2.0), (Moment.TAKEN_BACK, 1.0)),
            details={Moment.STORED: in_locker(made_at, "170536")},
        ),
        Part(
            "delivered",
            "collected",
            UNISEND,
            JONAS,
            (*stored, (Moment.COLLECTED, 1.5)),
            way=Way.HTTP,
        ),
        Part(
            "returned",
            "back with the sender",
            POSTI,
            JANIS,
            (
                (Moment.ANNOUNCED, 300.0),
                (Moment.ARRIVED, 280.0),
                (Moment.STORED, 262.0),
                (Moment.RETURNING, 80.0),
                (Moment.RETURNED, 20.0),
            ),
            promised_in=timedelta(days=-10),
        ),
        Part("yours", "yours to move, see below", RIGAVELO, JANE, ((Moment.ANNOUNCED, 3.0),)),
    ]


def _played(part: Part, index: int, made_at: datetime) -> DemoParcel:
    parcel = Parcel(part.voice.carrier, part.voice.number(serial(made_at, index)))
    moments = [moment for moment, _ in part.happened]
    happened = [
        Happening(
            (made_at - timedelta(hours=hours)).replace(microsecond=0),
            moment,
            place,
            part.details.get(moment, NOTHING),
        )
        for (moment, hours), place in zip(
            part.happened, places(part.voice.route, moments), strict=True
        )
        if moment in part.voice.words
    ]
    return DemoParcel(
        name=part.name,
        about=part.about,
        person=part.person,
        registration=registration(parcel, part.person, made_at + part.promised_in),
        messages=tell(parcel, part.voice, happened, part.way),
    )


def serial(at: datetime, index: int) -> int:
    """Every making of the demo has numbers of its own; `index` is one digit."""
    return int(at.timestamp()) % _SERIALS * 10 + index


def in_locker(at: datetime, code: str) -> Details:
    return {"pickup": {"code": code, "until": at_hour(at, 20, 3).isoformat()}}


def estimate(starts: datetime, ends: datetime) -> Details:
    return {"estimate": {"from": starts.isoformat(), "to": ends.isoformat()}}
