"""Which time it is that something is said to somebody by one way. Pure.

It depends on what was heard by that way, and not on which news came. What was said in its round is
not said again. Another round begins where the errand is another one (a place, a try), where what
somebody goes by holds no more, or where a mistake was taken back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from notifier.occasions import RULES, Parcel, Wanted, wanted
from notifier.round_names import after, auto_of, base_of, is_asked, nth, turn_of
from notifier.said import (
    is_ahead,
    is_of_hours,
    misleads_to_collect,
    place_of,
    reminds_of_another_day,
    tells_another_time,
)
from schemas.notice import MAY_HAVE_ARRIVED, Addressee, Channel, Key, NoticeState, Occasion, Told
from schemas.status import TERMINAL, Status

REMINDERS: Final = frozenset(
    {Occasion.PICKUP_HALF_TIME, Occasion.PICKUP_LAST_DAY, Occasion.PICKUP_LAST_HOURS}
)
TIMED: Final = frozenset({Occasion.OUT_FOR_DELIVERY, Occasion.DELIVERY_TIME_CHANGED})
MOST: Final = 3  # rounds of one errand by one way: carriers may contradict themselves by turns
_GOING_BACK: Final = frozenset({Status.RETURNING, Status.RETURNED})
_HANDED_OVER: Final = MAY_HAVE_ARRIVED | {NoticeState.FAILED}


class By(NamedTuple):
    """One way to one person."""

    channel: Channel
    addressee: Addressee


def standing(parcel: Parcel, now: datetime) -> dict[Occasion, Wanted]:
    """Everything that there may be reason to say now or later; `in_round` says to whom again."""
    state, window = parcel.state, parcel.state.estimate
    found = {each.occasion: each for each in wanted(parcel, now)}
    if state.status is Status.OUT_FOR_DELIVERY and window and is_ahead(window, now):
        until = window.ends or window.starts
        assert until is not None, "it lies ahead"
        changed = Occasion.DELIVERY_TIME_CHANGED
        found[changed] = Wanted(changed, str(state.attempts), None, until)
    if state.status not in TERMINAL or state.status in _GOING_BACK:
        taken_back = Occasion.DELIVERY_RETRACTED
        found[taken_back] = Wanted(taken_back, "", None, now + RULES[taken_back].lasts)
    return found


def in_round(
    want: Wanted, by: By, parcel: Parcel, told: Mapping[Key, Told], now: datetime
) -> Wanted | None:
    """As it is to be said by this way; None where there is no reason, or it is old."""
    heard = _Heard(by, parcel, told, now)
    found = heard.in_round(want)
    return heard.or_asked(found) if found is not None and now < found.until else None


class _Heard:
    """What somebody was told by one way, against the parcel of now."""

    def __init__(self, by: By, parcel: Parcel, told: Mapping[Key, Told], now: datetime) -> None:
        self._by, self._parcel, self._state, self._now = by, parcel, parcel.state, now
        self._told, self._everything = told, told.values()
        self._mine = [each for each in told.values() if By(*each.key[2:]) == by]

    def in_round(self, want: Wanted) -> Wanted | None:
        match want.occasion:
            case Occasion.READY_FOR_PICKUP:
                return self._ready(want)
            case Occasion.HELD:
                return self._held(want)
            case Occasion.DELIVERY_TIME_CHANGED:
                return self._another_time(want)
            case Occasion.DELIVERED:
                corrections = _rounds(self._arrived({Occasion.DELIVERY_RETRACTED}))
                return want._replace(round=after("", corrections))
            case Occasion.DELIVERY_RETRACTED:
                return self._taken_back(want)
            case Occasion.BONUS_GRANTED:
                return self._granted(want)
            case Occasion.BONUS_WITHDRAWN:
                return self._withdrawn(want)
            case occasion if occasion in REMINDERS:
                return self._reminder(want)
        return want

    def or_asked(self, want: Wanted) -> Wanted:
        """What support had said meanwhile has been heard: it is this round."""
        asked = [
            each.key.round
            for each in self._mine
            if each.key.occasion is want.occasion
            and is_asked(each.key.round)
            and auto_of(each.key.round) == want.round
            and each.state in MAY_HAVE_ARRIVED
        ]
        own = self._told.get(Key(want.occasion, want.round, *self._by))
        if not asked or (own is not None and own.state in MAY_HAVE_ARRIVED):
            return want
        return want._replace(round=max(asked, key=turn_of))

    def _ready(self, want: Wanted) -> Wanted:
        place, handed = self._known_place(want), self._handed_over({want.occasion})
        if not handed:
            return want._replace(round=place)
        last = max(handed, key=_heard_at)
        if not self._misleads(last, place):
            return want._replace(round=last.key.round)
        rounds = _rounds(each for each in handed if base_of(each.key.round) == place)
        if len(rounds) >= MOST:
            return want._replace(round=last.key.round)
        # A change is news from when it is known.
        until = self._state.pickup_until or self._now + RULES[want.occasion].lasts
        return want._replace(round=after(place, rounds), until=until)

    def _misleads(self, last: Told, place: str) -> bool:
        """To another place, or to a door that does not open."""
        said, now_at = last.said, place_of(self._state)
        if said is None or not (said.place and now_at):
            is_elsewhere = base_of(last.key.round) != place
        else:
            is_elsewhere = said.place != now_at
        return is_elsewhere or misleads_to_collect(said, self._state, self._by.channel)

    def _reminder(self, want: Wanted) -> Wanted:
        place = self._known_place(want)
        handed = [
            each for each in self._handed_over({want.occasion}) if base_of(each.key.round) == place
        ]
        if not handed:
            return want._replace(round=place)
        last, rounds = max(handed, key=_heard_at), _rounds(handed)
        is_of_another = reminds_of_another_day(last.said, self._state) and len(rounds) < MOST
        return want._replace(round=after(place, rounds) if is_of_another else last.key.round)

    def _known_place(self, want: Wanted) -> str:
        """A place with an id and one without may be the same: a locker and its carrier both tell
        of it. Only two different ids are two errands.
        """
        of_kind = (each for each in self._everything if each.key.occasion is want.occasion)
        places = [base_of(each.key.round) for each in sorted(of_kind, key=_stood_at)]
        if not places or want.round in places:
            return want.round
        if not want.round:
            return places[-1]
        return "" if "" in places else want.round

    def _held(self, want: Wanted) -> Wanted:
        heard, since = self._arrived({want.occasion}), self._state.since
        for each in heard:
            if each.said is None and since is not None and each.at >= since:
                return want._replace(round=each.key.round)  # by the release before: all in one
        if _rounds(heard) - {want.round}:
            # Since when it is held for this reason nobody says; it was not told yet.
            return want._replace(until=max(want.until, self._now + RULES[want.occasion].lasts))
        return want

    def _another_time(self, want: Wanted) -> Wanted | None:
        """Who waits at home goes by the window that was told last; who was told none, by none: a
        text is not sent for that.
        """
        heard = [each for each in self._arrived(TIMED) if base_of(each.key.round) == want.round]
        last, window = max(heard, key=_heard_at, default=None), self._state.estimate
        if last is None or last.said is None or window is None:
            return None
        if self._by.channel is Channel.SMS and not is_of_hours(last.said.window):
            return None
        handed = _rounds(
            each
            for each in self._handed_over({want.occasion})
            if base_of(each.key.round) == want.round
        )
        if tells_another_time(last.said.window, window) and len(handed) < MOST:
            return want._replace(round=after(want.round, handed))
        is_change = last.key.occasion is want.occasion
        return want._replace(round=last.key.round) if is_change else None

    def _taken_back(self, want: Wanted) -> Wanted | None:
        """Only of what was told, each time that it was."""
        told = self._arrived({Occasion.DELIVERED})
        if not told:
            return None
        last = max(told, key=_heard_at)
        until = _heard_at(last)[1] + RULES[want.occasion].lasts
        return want._replace(round=auto_of(last.key.round), until=until)

    def _granted(self, want: Wanted) -> Wanted:
        """Another sum than was heard last is news, also one that was heard before that."""
        heard = self._arrived({Occasion.BONUS_GRANTED, Occasion.BONUS_WITHDRAWN})
        last = max(heard, key=_heard_at, default=None)
        same = [
            auto_of(each.key.round)
            for each in heard
            if each.key.occasion is want.occasion and base_of(each.key.round) == want.round
        ]
        is_known = last is not None and last.key.occasion is want.occasion
        if last is not None and is_known and auto_of(last.key.round) in same:
            return want._replace(round=last.key.round)
        return want._replace(round=after(want.round, same))

    def _withdrawn(self, want: Wanted) -> Wanted | None:
        """Only of what was told, each time that it was."""
        heard = self._arrived({Occasion.BONUS_GRANTED, Occasion.BONUS_WITHDRAWN})
        last = max(heard, key=_heard_at, default=None)
        if last is None:
            return None
        before = [each for each in heard if each.key.occasion is want.occasion]
        if last.key.occasion is want.occasion:
            return want._replace(round=last.key.round)
        return want._replace(round=nth("", len(before)))

    def _arrived(self, occasions: Collection[Occasion]) -> list[Told]:
        return self._in(occasions, MAY_HAVE_ARRIVED)

    def _handed_over(self, occasions: Collection[Occasion]) -> list[Told]:
        """What support had said, and did not arrive, was no round."""
        return [
            each
            for each in self._in(occasions, _HANDED_OVER)
            if each.state in MAY_HAVE_ARRIVED or not is_asked(each.key.round)
        ]

    def _in(self, occasions: Collection[Occasion], states: Collection[NoticeState]) -> list[Told]:
        return [
            each for each in self._mine if each.key.occasion in occasions and each.state in states
        ]


def _heard_at(told: Told) -> tuple[bool, datetime, bool, tuple[int, int, str]]:
    """What it was worded for counts: a receipt may come long after. Of two in one instant, the one
    of the later round.
    """
    at = told.said.at if told.said and told.said.at else told.at
    is_change = told.key.occasion is Occasion.DELIVERY_TIME_CHANGED
    return told.said is not None, at.astimezone(UTC), is_change, turn_of(told.key.round)


def _stood_at(told: Told) -> tuple[bool, tuple[bool, datetime, bool, tuple[int, int, str]]]:
    """What was dropped says least of where it waits: it may have been dropped just now."""
    return told.state is not NoticeState.DROPPED, _heard_at(told)


def _rounds(told: Iterable[Told]) -> set[str]:
    """What support had repeated is of the round that it repeats."""
    return {auto_of(each.key.round) for each in told}


def replaces(key: Key, told: Mapping[Key, Told]) -> bool:
    """Whether it takes back an errand that was told by this way: another place, code or limit."""
    heard: Sequence[str] = [
        auto_of(each.key.round)
        for each in told.values()
        if each.key.occasion is Occasion.READY_FOR_PICKUP
        and each.key[2:] == key[2:]
        and each.state in MAY_HAVE_ARRIVED
    ]
    return key.occasion is Occasion.READY_FOR_PICKUP and bool(set(heard) - {auto_of(key.round)})
