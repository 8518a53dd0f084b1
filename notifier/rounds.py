"""Which time it is that something is said. Pure: it depends on what was heard, not on the news.

What was said in its round is not said again. Another round begins where the errand is another one
(a place, a try), where what somebody goes by holds no more, or where a mistake was taken back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from notifier.occasions import RULES, Parcel, Wanted, wanted
from notifier.said import (
    is_ahead,
    misleads_to_collect,
    reminds_of_another_day,
    tells_another_time,
)
from schemas.notice import MAY_HAVE_ARRIVED, Key, Occasion, Told
from schemas.said import Said
from schemas.shipment import ShipmentState
from schemas.status import TERMINAL, Status

REMINDERS: Final = frozenset(
    {Occasion.PICKUP_HALF_TIME, Occasion.PICKUP_LAST_DAY, Occasion.PICKUP_LAST_HOURS}
)
OF_A_PLACE: Final = REMINDERS | {Occasion.READY_FOR_PICKUP}
MOST: Final = 3  # rounds of one errand: carriers may contradict themselves by turns
_GOING_BACK: Final = frozenset({Status.RETURNING, Status.RETURNED})
_TIMED: Final = frozenset({Occasion.OUT_FOR_DELIVERY, Occasion.DELIVERY_TIME_CHANGED})

Misleads = Callable[[Said | None, ShipmentState], bool]


def standing(parcel: Parcel, told: Mapping[Key, Told], now: datetime) -> list[Wanted]:
    """Everything that there is reason to say now or later, in its round, and is still news."""
    heard = [each for each in told.values() if each.state in MAY_HAVE_ARRIVED]
    found = [
        *(_in_round(each, parcel, list(told.values()), heard, now) for each in wanted(parcel, now)),
        *_another_time(parcel, heard, now),
        *_retraction(parcel, heard),
    ]
    return [each for each in found if now < each.until]


def _in_round(
    want: Wanted,
    parcel: Parcel,
    told: Sequence[Told],
    heard: Sequence[Told],
    now: datetime,
) -> Wanted:
    match want.occasion:
        case Occasion.DELIVERED:
            return want._replace(round=_nth("", len(_rounds(heard, Occasion.DELIVERY_RETRACTED))))
        case Occasion.HELD if _rounds(heard, Occasion.HELD) - {want.round}:
            # Since when it is held for this reason nobody says; it was not told yet.
            return want._replace(until=max(want.until, now + RULES[Occasion.HELD].lasts))
        case Occasion.READY_FOR_PICKUP:
            want = _of_errand(want, parcel, told, heard, misleads_to_collect)
            return _lasting(want, parcel, now) if _is_again(want.round) else want
        case occasion if occasion in REMINDERS:
            return _of_errand(want, parcel, told, heard, reminds_of_another_day)
    return want


def _lasting(want: Wanted, parcel: Parcel, now: datetime) -> Wanted:
    """A change is news from when it is known."""
    until = parcel.state.pickup_until or now + RULES[want.occasion].lasts
    return want._replace(until=until)


def _of_errand(
    want: Wanted,
    parcel: Parcel,
    told: Sequence[Told],
    heard: Sequence[Told],
    misleads: Misleads,
) -> Wanted:
    """The round that was heard last, unless what was said then misleads; then the next."""
    place = _known_place(want, told)
    of_place = [
        each
        for each in heard
        if each.key.occasion is want.occasion and _base(each.key.round) == place
    ]
    if not of_place:
        return want._replace(round=place)
    last = max(of_place, key=_heard_at)
    rounds = len({each.key.round for each in of_place})
    if misleads(last.said, parcel.state) and rounds < MOST:
        return want._replace(round=_nth(place, rounds))
    return want._replace(round=last.key.round)


def _known_place(want: Wanted, told: Sequence[Told]) -> str:
    """A place with an id and one without may be the same: a locker and its carrier both tell of it.

    Only two different ids are two errands.
    """
    of_kind = sorted(
        (each for each in told if each.key.occasion is want.occasion), key=lambda each: each.at
    )
    places = [_base(each.key.round) for each in of_kind]
    if not places or want.round in places:
        return want.round
    if not want.round:
        return places[-1]
    return "" if "" in places else want.round


def _another_time(parcel: Parcel, heard: Sequence[Told], now: datetime) -> Iterator[Wanted]:
    """Who waits at home goes by the window that was told last."""
    state, window = parcel.state, parcel.state.estimate
    if state.status is not Status.OUT_FOR_DELIVERY or window is None or not is_ahead(window, now):
        return
    attempt = str(state.attempts)
    timed = [
        each
        for each in heard
        if each.key.occasion in _TIMED and _base(each.key.round) == attempt and each.said
    ]
    if not timed:
        return
    last = max(timed, key=_heard_at)
    rounds = len(_rounds(timed, Occasion.DELIVERY_TIME_CHANGED))
    is_news = last.said is not None and tells_another_time(last.said.window, window)
    if is_news and rounds < MOST:
        round_ = _nth(attempt, rounds)
    elif not is_news and last.key.occasion is Occasion.DELIVERY_TIME_CHANGED:
        round_ = last.key.round
    else:
        return
    until = window.ends or window.starts
    assert until is not None, "it lies ahead"
    yield Wanted(Occasion.DELIVERY_TIME_CHANGED, round_, None, until, _is_first(timed, round_))


def _is_first(timed: Sequence[Told], round_: str) -> bool:
    """No hours were told before: nobody waits at the wrong ones."""
    first = min(timed, key=_heard_at)
    window = first.said.window if first.said else None
    return not _is_again(round_) and (window is None or window.day_only)


def _retraction(parcel: Parcel, heard: Sequence[Told]) -> Iterator[Wanted]:
    """Only of what somebody was told, each time that it was."""
    status = parcel.state.status
    told = [each for each in heard if each.key.occasion is Occasion.DELIVERED]
    if told and (status not in TERMINAL or status in _GOING_BACK):
        latest = max(each.at for each in told)
        until = latest + RULES[Occasion.DELIVERY_RETRACTED].lasts
        round_ = _nth("", len(_rounds(told, Occasion.DELIVERED)) - 1)
        yield Wanted(Occasion.DELIVERY_RETRACTED, round_, None, until)


def _rounds(heard: Sequence[Told], occasion: Occasion) -> set[str]:
    return {each.key.round for each in heard if each.key.occasion is occasion}


def _heard_at(told: Told) -> tuple[datetime, bool, int, str]:
    """Of two in the same instant, the one of the later round."""
    round_ = told.key.round
    is_change = told.key.occasion is Occasion.DELIVERY_TIME_CHANGED
    return told.at, is_change, len(round_), round_


_AGAIN: Final = " again"


def _nth(base: str, before: int) -> str:
    """The round after so many: "9901", "9901 again", "9901 again 3"."""
    if before == 0:
        return base
    number = "" if before == 1 else f" {before + 1}"
    return f"{base}{_AGAIN}{number}".lstrip()


def _base(round_: str) -> str:
    return f" {round_}".partition(_AGAIN)[0].lstrip()


def _is_again(round_: str) -> bool:
    return _AGAIN in f" {round_}"


def replaces(key: Key, told: Mapping[Key, Told]) -> bool:
    """Whether it takes back an errand that was told: another place, code or limit."""
    heard = {
        _base(each.key.round)
        for each in told.values()
        if each.key.occasion is Occasion.READY_FOR_PICKUP and each.state in MAY_HAVE_ARRIVED
    }
    is_ready = key.occasion is Occasion.READY_FOR_PICKUP
    return is_ready and (_is_again(key.round) or bool(heard - {_base(key.round)}))
