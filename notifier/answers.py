"""The answer to what a shopper asked support: by the way that was chosen, and once. Pure.

It stands whatever became of the parcel meanwhile. Who wants fewer messages did not mean the answer
to a question of their own; an address at which nothing arrives, and STOP, hold.
"""

from datetime import datetime
from typing import Final

from notifier.quiet import awake
from notifier.situation import Situation
from schemas.case import ANSWER_LASTS
from schemas.notice import Channel, Decision, Key

TOO_LATE: Final = "not_taken_in_time"


def check_answer(situation: Situation, key: Key, now: datetime) -> Decision:
    """Right before it is sent: now, in the morning, or not at all."""
    told = situation.told.get(key)
    until = told.until if told and told.until else now + ANSWER_LASTS
    due, reason = _due(situation, key, now), why_no_answer(situation, key)
    return Decision(key, due, until, reason or (TOO_LATE if due >= until else None))


def _due(situation: Situation, key: Key, now: datetime) -> datetime:
    """E-mail wakes nobody."""
    if key.channel is Channel.EMAIL:
        return now
    return awake(now, situation.parcel.zone, situation.wishes.quiet)


def why_no_answer(situation: Situation, key: Key) -> str | None:
    """None where nothing is in the way."""
    reach = next((each for each in situation.reaches if each.addressee is key.addressee), None)
    return reach.to_answer.get(key.channel) if reach else "nobody_to_tell"
