"""A parcel that moves while somebody looks at it: its steps, and when each is due. Pure.

All of it follows from the instant at which it set off, so that a restart goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tracking.local.simulate import words
from tracking.local.simulate.cast import NOTHING, Details, estimate, in_locker, serial
from tracking.local.simulate.lives import tell
from tracking.local.simulate.people import JANE, JANIS, Person, registration
from tracking.local.simulate.places import COAST
from tracking.local.simulate.plots import places
from tracking.local.simulate.story import Happening, Message, Moment, Parcel, Way
from tracking.local.simulate.voices import RIGAVELO, VENIPAK, Voice


@dataclass(frozen=True, slots=True)
class Step:
    """A message and when to send it."""

    due: datetime
    message: Message


@dataclass(frozen=True, slots=True)
class Journey:
    """A parcel that moves while somebody looks at it."""

    person: Person
    registration: dict[str, Any]
    steps: Sequence[Step]


_ARRIVALS = len(COAST.hubs) + 1
_TO_A_LOCKER = (
    *(Moment.ANNOUNCED, Moment.HANDED_OVER),
    *(Moment.ARRIVED,) * _ARRIVALS,
    *(Moment.OUT, Moment.OUT, Moment.OUT),
    *(Moment.STORED, Moment.COLLECTED),
)
_TO_THE_DOOR = (
    *(Moment.ANNOUNCED, Moment.HANDED_OVER),
    *(Moment.DEPARTED, Moment.ARRIVED) * _ARRIVALS,
    *(Moment.OUT, Moment.ATTEMPT, Moment.BACK_AT_DEPOT),
    *(Moment.OUT, Moment.OUT, Moment.OUT, Moment.DELIVERED),
)
# Venipak has no word for when it comes; here the courier tells it in Klāt's own format.
_TO_LOCKERS = replace(
    VENIPAK,
    words={**VENIPAK.words, **words.LOCKERS, Moment.OUT: words.OWN[Moment.OUT]},
    route=COAST,
)
_STORIES = (
    (_TO_LOCKERS, JANIS, _TO_A_LOCKER, Way.AMQP),
    (replace(RIGAVELO, route=COAST), JANE, _TO_THE_DOOR, Way.HTTP),
)
_BEFORE = timedelta(hours=40)  # that the way up to the last depot is said to have taken
_WINDOWS = ((90, 210), (45, 105), (15, 45))  # minutes from now: it narrows


def journey(started: datetime, turn: int) -> Journey:
    """The parcel that sets off at `started`; the stories take turns."""
    voice, person, moments, way = _STORIES[turn % len(_STORIES)]
    parcel = Parcel(voice.carrier, voice.number(serial(started, 0)))
    due = _due(started, moments)
    happened = _under_way(voice, moments, due)
    messages = tell(parcel, voice, happened, way)
    return Journey(
        person,
        registration(parcel, person, started + timedelta(days=1)),
        [Step(at, message) for at, message in zip(due, messages, strict=True)],
    )


def _due(started: datetime, moments: Sequence[Moment]) -> list[datetime]:
    """A step every ten seconds or so, and a while to try the locker's code."""
    random = Random(int(started.timestamp()))  # noqa: S311 - a story, not a secret
    at, due = started, []
    for moment in moments:
        due.append(at)
        longer = 45 if moment is Moment.STORED else 0
        at += timedelta(seconds=random.uniform(8, 15) + longer)
    return due


def _under_way(voice: Voice, moments: Sequence[Moment], due: Sequence[datetime]) -> list[Happening]:
    """The way to the last depot lies in the past days; what follows happens now."""
    last_depot = moments.index(Moment.OUT)
    rounds = iter(_WINDOWS * 2)
    told = []
    for index, (moment, at) in enumerate(zip(moments, due, strict=True)):
        past = _BEFORE * (1 - index / last_depot) if index < last_depot else timedelta()
        place = places(voice.route, moments)[index]
        details: Details = NOTHING
        if moment is Moment.OUT:
            details = _narrowing(at, *next(rounds))
        elif moment is Moment.STORED:
            details = in_locker(at, "730184")
        told.append(Happening((at - past).replace(microsecond=0), moment, place, details))
    return told


def _narrowing(at: datetime, starts: int, ends: int) -> Details:
    full = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    return estimate(full + timedelta(minutes=starts), full + timedelta(minutes=ends))
