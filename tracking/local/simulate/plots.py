"""The stories a parcel can live through, and when each thing happens. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from schemas.status import Status
from tracking.local.simulate.places import Place, Route
from tracking.local.simulate.story import Happening, Moment
from tracking.local.simulate.voices import Voice

_BEGINNING = (Moment.ANNOUNCED, Moment.HANDED_OVER, Moment.DEPARTED, Moment.ARRIVED)
_TO_THE_LOCKER = (*_BEGINNING, Moment.OUT, Moment.STORED, Moment.NOTIFIED)

# Hours since the moment before; a parcel that is not collected waits for three days.
_HOURS = {
    Moment.ANNOUNCED: (0, 0),
    Moment.HANDED_OVER: (2, 8),
    Moment.DEPARTED: (1, 4),
    Moment.ARRIVED: (3, 9),
    Moment.DELAYED: (5, 20),
    Moment.CUSTOMS: (2, 6),
    Moment.RELEASED: (10, 30),
    Moment.OUT: (4, 12),
    Moment.ATTEMPT: (2, 6),
    Moment.BACK_AT_DEPOT: (2, 5),
    Moment.STORED: (2, 5),
    Moment.NOTIFIED: (0.01, 0.05),
    Moment.COLLECTED: (3, 40),
    Moment.DELIVERED: (1, 6),
    Moment.TAKEN_BACK: (0.3, 1),
    Moment.EXPIRED: (72, 73),
    Moment.RETURNING: (6, 20),
    Moment.RETURNED: (24, 48),
    Moment.LOST: (100, 160),
    Moment.UNKNOWN: (0.1, 1),
}
_STATUS = {
    Moment.ARRIVED: Status.IN_TRANSIT,
    Moment.CUSTOMS: Status.HELD,
    Moment.STORED: Status.READY_FOR_PICKUP,
    Moment.COLLECTED: Status.DELIVERED,
    Moment.DELIVERED: Status.DELIVERED,
    Moment.RETURNED: Status.RETURNED,
    Moment.LOST: Status.EXCEPTION,
}


# What a story is about; the rest may go unsaid.
_DECISIVE = {
    Moment.ARRIVED,
    Moment.DELAYED,
    Moment.CUSTOMS,
    Moment.ATTEMPT,
    Moment.STORED,
    Moment.COLLECTED,
    Moment.DELIVERED,
    Moment.TAKEN_BACK,
    Moment.RETURNED,
    Moment.LOST,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A story. `ending` is the moment that decides its final state; `often` is its weight."""

    name: str
    moments: tuple[Moment, ...]
    ending: Moment
    often: int = 1

    @property
    def status(self) -> Status:
        return _STATUS[self.ending]

    def suits(self, voice: Voice) -> bool:
        """Whether this courier has words for what the story is about."""
        return _DECISIVE.intersection(self.moments) <= voice.words.keys()


PLOTS = (
    Plot("to the door", (*_BEGINNING, Moment.OUT, Moment.DELIVERED), Moment.DELIVERED, 6),
    Plot("collected from the locker", (*_TO_THE_LOCKER, Moment.COLLECTED), Moment.COLLECTED, 8),
    Plot("waits in the locker", _TO_THE_LOCKER, Moment.STORED, 3),
    Plot(
        "not collected",
        (*_TO_THE_LOCKER, Moment.EXPIRED, Moment.RETURNING, Moment.RETURNED),
        Moment.RETURNED,
        2,
    ),
    Plot(
        "failed, then to the locker",
        (
            *_BEGINNING,
            Moment.OUT,
            Moment.ATTEMPT,
            Moment.BACK_AT_DEPOT,
            Moment.OUT,
            Moment.STORED,
            Moment.COLLECTED,
        ),
        Moment.COLLECTED,
        3,
    ),
    Plot(
        "through customs",
        (
            *_BEGINNING,
            Moment.CUSTOMS,
            Moment.RELEASED,
            Moment.ARRIVED,
            Moment.OUT,
            Moment.DELIVERED,
        ),
        Moment.DELIVERED,
        2,
    ),
    Plot("held by customs", (*_BEGINNING, Moment.CUSTOMS), Moment.CUSTOMS),
    Plot(
        "delivery taken back",
        (*_TO_THE_LOCKER, Moment.COLLECTED, Moment.TAKEN_BACK),
        Moment.STORED,
        2,
    ),
    Plot("lost", (*_BEGINNING, Moment.LOST), Moment.LOST),
    Plot("late", (*_BEGINNING, Moment.DELAYED, Moment.ARRIVED), Moment.ARRIVED, 2),
)


def happenings(
    moments: Sequence[Moment], voice: Voice, random: Random, ends: datetime
) -> list[Happening]:
    """What happened, the last of it at `ends`; what the courier has no word for is left out."""
    gaps = [timedelta(hours=random.uniform(*_HOURS[moment])) for moment in moments]
    at, told = ends - sum(gaps, timedelta()), []
    for moment, gap, place in zip(moments, gaps, places(voice.route, moments), strict=True):
        at += gap
        if moment in voice.words:
            told.append(Happening(at.replace(microsecond=0), moment, place))
    return told


def places(route: Route, moments: Iterable[Moment]) -> list[Place | None]:
    """Where each moment happens: from hub to hub, then at the depot or the locker."""
    stops = [route.origin, *route.hubs, route.depot]
    here, found = 0, []
    for moment in moments:
        here = min(here + (moment is Moment.ARRIVED), len(stops) - 1)
        found.append(_place(moment, route, stops[here]))
    return found


def _place(moment: Moment, route: Route, here: Place) -> Place | None:
    match moment:
        case Moment.ANNOUNCED | Moment.NOTIFIED | Moment.TAKEN_BACK:
            return None
        case Moment.STORED | Moment.COLLECTED | Moment.EXPIRED:
            return route.locker
        case (
            Moment.OUT | Moment.ATTEMPT | Moment.BACK_AT_DEPOT | Moment.DELIVERED | Moment.RETURNING
        ):
            return route.depot
        case Moment.RETURNED:
            return route.origin
        case _:
            return here
