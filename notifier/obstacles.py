"""Why something is not said by one way: a reason of shop, person, money or measure. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from notifier.occasions import IMPORTANT, Wanted
from notifier.round_names import is_asked
from notifier.rounds import REMINDERS, TIMED, By
from notifier.situation import Situation
from schemas.notice import MAY_HAVE_ARRIVED, Addressee, Channel, Key, NoticeState, Occasion, Told

MOST_A_DAY: Mapping[Channel, int] = {Channel.SMS: 4, Channel.EMAIL: 6, Channel.PUSH: 10}
_DAY = timedelta(days=1)
TOO_MANY = "too_many"
NOT_WANTED, ONLY_IMPORTANT = "shop_does_not_want", "only_important"
SPEND_CAP, TOO_MANY_ALIKE = "spend_cap", "too_many_alike"
STOPPED = frozenset({SPEND_CAP, TOO_MANY_ALIKE})
"""Reasons for which a text message is dropped for good, so that another way is looked for: tomorrow
there is money again, and it is for what is to be said tomorrow."""
AFTER_NEWS = REMINDERS | {Occasion.ARRIVING_NEXT}
"""What is not said where the news has just said it itself."""
_NOT_SAID = frozenset({NoticeState.PLANNED, NoticeState.DROPPED, NoticeState.FAILED})
_FOR_THE_END = 2
_SOON_KNOWN = timedelta(minutes=30)
_STILL_KNOWN = timedelta(hours=6)  # who was told that it waits needs no reminder so soon


def stands_in(situation: Situation, key: Key, want: Wanted, now: datetime) -> bool:
    """Whether this mail takes the place of a text message that was wanted and can never be sent."""
    wanted = situation.wishes.of(key.occasion)
    is_instead = key.channel is Channel.EMAIL and Channel.EMAIL not in wanted
    return (
        is_instead and Channel.SMS in wanted and _never_by_text(situation, key.addressee, want, now)
    )


def _never_by_text(situation: Situation, addressee: Addressee, want: Wanted, now: datetime) -> bool:
    text = situation.as_heard(want, By(Channel.SMS, addressee), now)
    if text is None:
        return False
    key = Key(want.occasion, text.round, Channel.SMS, addressee)
    told = situation.told.get(key)
    if told is not None and told.state not in _NOT_SAID:
        return False  # it was said, or is being said, whatever is in its way now
    is_over = told is not None and (told.state is NoticeState.FAILED or told.reason in STOPPED)
    return is_over or wish_or_obstacle(situation, key, want, now) is not None


def obstacle(
    situation: Situation, key: Key, want: Wanted, due: datetime, now: datetime
) -> str | None:
    found = wish_or_obstacle(situation, key, want, now)
    if found is None and _sent_within_a_day(situation, key, due) >= _most_a_day(key):
        return TOO_MANY
    return found


def _most_a_day(key: Key) -> int:
    """A window that wanders leaves room for where it ends: at the door, or in a locker."""
    is_change = key.occasion is Occasion.DELIVERY_TIME_CHANGED
    return MOST_A_DAY[key.channel] - (_FOR_THE_END if is_change else 0)


def says_what_was_just_told(situation: Situation, key: Key, want: Wanted) -> bool:
    """News that comes late, or waited for the morning, makes a reminder of what it says itself.

    Held against when the reminder is for, not against now: later news does not bring it back.
    """
    if want.at is None or key.occasion not in AFTER_NEWS:
        return False
    is_of_time = key.occasion is Occasion.ARRIVING_NEXT
    news = TIMED if is_of_time else {Occasion.READY_FOR_PICKUP}
    known_for = _SOON_KNOWN if is_of_time else _STILL_KNOWN
    return any(
        want.at < heard + known_for
        for told in situation.told.values()
        if told.key.occasion in news and told.key[2:] == key[2:]
        for heard in _heard(told)
    )


def _heard(told: Told) -> Iterator[datetime]:
    """When it was heard, or will be."""
    if told.state in {NoticeState.PLANNED, NoticeState.CLAIMED, NoticeState.HANDED}:
        yield told.due_at
    elif told.state in MAY_HAVE_ARRIVED:
        yield told.said.at if told.said and told.said.at else told.at


def wish_or_obstacle(situation: Situation, key: Key, want: Wanted, now: datetime) -> str | None:
    if not _is_wanted(situation, key, want, now):
        return NOT_WANTED
    for reach in situation.reaches:
        if reach.addressee is key.addressee:
            less = key.channel in reach.only_important and key.occasion not in IMPORTANT
            return reach.obstacles.get(key.channel) or (ONLY_IMPORTANT if less else None)
    return "nobody_to_tell"  # the shop registered it anew, without this person


def _is_wanted(situation: Situation, key: Key, want: Wanted, now: datetime) -> bool:
    """A correction goes wherever the mistake went."""
    is_correction = key.occasion in {Occasion.DELIVERY_RETRACTED, Occasion.BONUS_WITHDRAWN}
    return (
        is_correction
        or key.channel in situation.wishes.of(key.occasion)
        or stands_in(situation, key, want, now)
    )


def _sent_within_a_day(situation: Situation, key: Key, now: datetime) -> int:
    return sum(
        each.state in MAY_HAVE_ARRIVED and each.at > now - _DAY and not _was_wanted(each.key)
        for each in situation.told.values()
        if each.key.channel is key.channel and each.key.addressee is key.addressee
    )


def _was_wanted(key: Key) -> bool:
    """Somebody asked for it: it takes no room from what is said by itself."""
    return key.occasion is Occasion.CASE_REPLY or is_asked(key.round)
