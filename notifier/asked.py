"""What support may have said at once, by which way, while the shopper is on the line. Pure.

It is worded from the parcel as it stands, never from what was sent before: an old code would open
nothing. The night, how old the news is, and what the shop says by itself do not count, since
somebody asked; what nobody may set aside does: no number, a dead one, STOP, no such way.

A round that was asked for names the one it repeats: "9901 asked 2".
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from notifier.occasions import Wanted, asked_for
from notifier.round_names import asked, asked_number, auto_of, base_of, is_asked, turn_of
from notifier.rounds import By
from notifier.situation import Reach, Situation
from schemas.notice import (
    MAY_HAVE_ARRIVED,
    Channel,
    Decision,
    Key,
    NoticeState,
    Offer,
    Told,
)

MOST: Final = 3  # by one way to one person in a day
LASTS: Final = timedelta(hours=2)  # what no provider took by then is no help any more
ON_ITS_WAY, ASKED_OFTEN = "on_its_way", "asked_often"
TOLD_BY_HAND: Final = "told_by_hand"
_DAY: Final = timedelta(days=1)
_IN_HAND: Final = frozenset({NoticeState.CLAIMED, NoticeState.HANDED})


def offers(situation: Situation, now: datetime) -> list[Offer]:
    """All that can be said now, by each way, and why it cannot by some."""
    return [
        Offer(key, _why_not(situation, reach, key, now))
        for want in asked_for(situation.parcel, now)
        for reach in situation.reaches
        for channel in Channel
        for key in (_next(situation, want, By(channel, reach.addressee)),)
    ]


def decide_asked(situation: Situation, key: Key, now: datetime) -> Decision | None:
    """What somebody chose; None where it is not on offer, or no more."""
    found = next((each for each in offers(situation, now) if each.key == key), None)
    if found is None or found.reason is not None:
        return None
    return Decision(key, now, now + LASTS)


def check_asked(situation: Situation, key: Key, now: datetime) -> str | None:
    """Right before it is sent, or while it waits: why not; None where nothing is in the way."""
    errands = {each.occasion: each.round for each in asked_for(situation.parcel, now)}
    if key.occasion not in errands or not _is_same(base_of(key.round), errands[key.occasion]):
        return "no_longer_true"
    reach = next((each for each in situation.reaches if each.addressee is key.addressee), None)
    return reach.obstacles.get(key.channel) if reach else "nobody_to_tell"


def _is_same(errand: str, now: str) -> bool:
    """A place with an id and one without may be the same."""
    return errand == now or not (errand and now)


def _next(situation: Situation, want: Wanted, by: By) -> Key:
    """Behind the round that stands, the next that is asked for."""
    told = [
        each
        for each in situation.told.values()
        if By(*each.key[2:]) == by
        and each.key.occasion is want.occasion
        and base_of(each.key.round) == want.round
    ]
    last = max(told, key=lambda each: (each.at, turn_of(each.key.round)), default=None)
    repeated = auto_of(last.key.round) if last else want.round
    rounds = [each.key.round for each in told if auto_of(each.key.round) == repeated]
    number = 1 + max(map(asked_number, rounds), default=0)
    return Key(want.occasion, asked(repeated, number), *by)


def _why_not(situation: Situation, reach: Reach, key: Key, now: datetime) -> str | None:
    found = reach.obstacles.get(key.channel)
    if found is not None:
        return found
    mine = list(_by_this_way(situation.told, key))
    if any(_is_on_its_way(each, key, now) for each in mine):
        return ON_ITS_WAY
    return ASKED_OFTEN if _asked_today(mine, now) >= MOST else None


def _by_this_way(told: Mapping[Key, Told], key: Key) -> Iterator[Told]:
    return (each for each in told.values() if each.key[2:] == key[2:])


def _is_on_its_way(told: Told, key: Key, now: datetime) -> bool:
    is_due = told.state is NoticeState.PLANNED and told.due_at <= now
    return told.key.occasion is key.occasion and (is_due or told.state in _IN_HAND)


def _asked_today(told: Iterable[Told], now: datetime) -> int:
    return sum(
        is_asked(each.key.round)
        and (each.state in MAY_HAVE_ARRIVED or each.state is NoticeState.PLANNED)
        and each.at > now - _DAY
        for each in told
    )
