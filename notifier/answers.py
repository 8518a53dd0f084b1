"""The answer to what a shopper asked support: by the way that was chosen, and once. Pure.

It stands whatever became of the parcel meanwhile. Who wants fewer messages did not mean the answer
to a question of their own; an address at which nothing arrives, and STOP, hold.
"""

from datetime import datetime, timedelta
from typing import Final

from notifier.asked import ASKED_OFTEN
from notifier.quiet import awake
from notifier.situation import Situation
from schemas.case import ANSWER_LASTS, MOST_BY_TEXT
from schemas.notice import (
    MAY_HAVE_ARRIVED,
    Channel,
    Decision,
    Key,
    NoticeState,
    Occasion,
    Told,
)

TOO_LATE: Final = "not_taken_in_time"
_DAY: Final = timedelta(days=1)
_IN_LINE: Final = frozenset({NoticeState.PLANNED, NoticeState.CLAIMED})


def check_answer(situation: Situation, key: Key, now: datetime) -> Decision:
    """Right before it is sent: now, in the morning, or not at all."""
    told = situation.told.get(key)
    until = told.until if told and told.until else now + ANSWER_LASTS
    due, reason = _due(situation, key, now), why_no_answer(situation, key)
    if reason is None and _texts_before(situation, key, due) >= MOST_BY_TEXT:
        reason = ASKED_OFTEN
    return Decision(key, due, until, reason or (TOO_LATE if due >= until else None))


def _due(situation: Situation, key: Key, now: datetime) -> datetime:
    """E-mail wakes nobody."""
    if key.channel is Channel.EMAIL:
        return now
    return awake(now, situation.parcel.zone, situation.wishes.quiet)


def _texts_before(situation: Situation, key: Key, due: datetime) -> int:
    """Of a day to the same person, those that wait before it included. Whoever writes to have text
    messages sent has so many, and the mail and the page.
    """
    if key.channel is not Channel.SMS:
        return 0
    own = situation.told.get(key)
    return sum(
        _went_out(each, due) or (own is not None and _is_before(each, own))
        for each in situation.told.values()
        if each.key.occasion is Occasion.CASE_REPLY and each.key[2:] == key[2:] and each.key != key
    )


def _went_out(told: Told, due: datetime) -> bool:
    return told.state in MAY_HAVE_ARRIVED and told.at > due - _DAY


def _is_before(told: Told, own: Told) -> bool:
    """Those of one morning are claimed together."""
    return told.state in _IN_LINE and (told.due_at, told.key.round) < (own.due_at, own.key.round)


def why_no_answer(situation: Situation, key: Key) -> str | None:
    """None where nothing is in the way."""
    reach = next((each for each in situation.reaches if each.addressee is key.addressee), None)
    return reach.to_answer.get(key.channel) if reach else "nobody_to_tell"
