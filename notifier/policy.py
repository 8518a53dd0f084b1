"""Which notices a parcel owes, and why not the others. Pure: a situation in, decisions out.

The situation is what is true now and what was decided before. The same situation gives the same
decisions, whichever news led to it, so deciding twice says nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from notifier.answers import check_answer, why_no_answer
from notifier.asked import LASTS, TOLD_BY_HAND, check_asked
from notifier.obstacles import (
    AFTER_NEWS,
    STOPPED,
    obstacle,
    says_what_was_just_told,
    stands_in,
    wish_or_obstacle,
)
from notifier.occasions import RULES, Night, Wanted
from notifier.quiet import awake, before_night
from notifier.round_names import auto_of, is_asked
from notifier.rounds import By, standing
from notifier.situation import Reach, Situation
from schemas.notice import (
    MAY_HAVE_ARRIVED,
    Addressee,
    Channel,
    Decision,
    Key,
    NoticeState,
    Occasion,
    Told,
)

NO_LONGER_TRUE, NOT_BEFORE_MORNING = "no_longer_true", "not_before_morning"
JUST_TOLD = "just_told"
NOT_SUBSCRIBED = "not_subscribed"
_LASTS_ELSE = timedelta(minutes=10)


def decide(situation: Situation, now: datetime) -> list[Decision]:
    """What is new: notices to plan or to drop, and planned ones that move to another time."""
    wants = standing(situation.parcel, now)
    found: list[Decision] = list(_overtaken(situation, wants, now))
    for is_after in (False, True):  # what news says itself needs no reminder
        decided = {each.key: _as_told(each, now) for each in found}
        known = replace(situation, told={**situation.told, **decided})
        of_pass = [each for each in wants.values() if (each.occasion in AFTER_NEWS) is is_after]
        found += _news(known, of_pass, now)
    return list({each.key: each for each in found}.values())  # what was dropped stands again


def _overtaken(
    situation: Situation, wants: Mapping[Occasion, Wanted], now: datetime
) -> Iterator[Decision]:
    """What waits for its time, and meanwhile is true no more, or may not be said."""
    for key, told in situation.told.items():
        if told.state is NoticeState.PLANNED:
            reason = _in_the_way(situation, wants, key, now)
            if reason is not None:
                yield Decision(key, told.due_at, told.until or told.due_at, reason)


def _in_the_way(
    situation: Situation, wants: Mapping[Occasion, Wanted], key: Key, now: datetime
) -> str | None:
    if key.occasion is Occasion.CASE_REPLY:
        return why_no_answer(situation, key)
    if is_asked(key.round):
        return check_asked(situation, key, now)
    want = _wanted_as(situation, wants, key, now)
    return wish_or_obstacle(situation, key, want, now) if want else _gone(situation, key)


def _gone(situation: Situation, key: Key) -> str:
    """It was said meanwhile because somebody asked, or it is true no more."""
    is_said = any(
        is_asked(each.round)
        and told.state in MAY_HAVE_ARRIVED
        and each._replace(round=auto_of(each.round)) == key
        for each, told in situation.told.items()
    )
    return TOLD_BY_HAND if is_said else NO_LONGER_TRUE


def _wanted_as(
    situation: Situation, wants: Mapping[Occasion, Wanted], key: Key, now: datetime
) -> Wanted | None:
    """What stands as this very notice; None where nothing does."""
    want = wants.get(key.occasion)
    found = situation.as_heard(want, By(key.channel, key.addressee), now) if want else None
    return found if found and found.round == key.round else None


def _news(situation: Situation, wants: Iterable[Wanted], now: datetime) -> list[Decision]:
    return [
        _in_its_place(situation, each, want)
        for want in wants
        for each in _decided(situation, want, now)
        if _is_news(situation, each, want, now)
    ]


def _in_its_place(situation: Situation, decision: Decision, want: Wanted) -> Decision:
    """What is to be said at once keeps the place that it has among what is due, and what waits for
    its provider the time until then.
    """
    told = situation.told.get(decision.key)
    if told is None or told.state is not NoticeState.PLANNED:
        return decision
    if want.at is None:
        return decision._replace(due_at=told.due_at)
    return decision._replace(due_at=max(decision.due_at, told.due_at)) if told.reason else decision


def _as_told(decision: Decision, now: datetime) -> Told:
    kept = NoticeState.DROPPED if decision.reason else NoticeState.PLANNED
    return Told(decision.key, kept, decision.due_at, now, decision.reason)


def check(situation: Situation, key: Key, now: datetime) -> Decision:
    """Asked before sending, of the state of then: to send, to wait until `due_at`, or to drop."""
    if key.occasion is Occasion.CASE_REPLY:
        return check_answer(situation, key, now)
    if is_asked(key.round):
        told = situation.told.get(key)
        until = told.until if told and told.until else now + LASTS
        return Decision(key, now, until, check_asked(situation, key, now))
    want = _wanted_as(situation, standing(situation.parcel, now), key, now)
    if want is None:
        return Decision(key, now, now, _gone(situation, key))
    return _when(situation, key, want, now)


def _decided(situation: Situation, want: Wanted, now: datetime) -> Iterator[Decision]:
    rule = RULES[want.occasion]
    for reach in situation.reaches:
        if reach.addressee is Addressee.BUYER and not rule.to_buyer:
            continue
        for channel in _channels(situation, want, reach, now):
            heard = situation.as_heard(want, By(channel, reach.addressee), now)
            if heard is not None and not is_asked(heard.round):
                key = Key(want.occasion, heard.round, channel, reach.addressee)
                yield _when(situation, key, heard, now)


def _channels(situation: Situation, want: Wanted, reach: Reach, now: datetime) -> list[Channel]:
    """Those of the rule and of the shop; e-mail too, in the place of a text message that cannot be.

    What the rule has and the shop does not want is among them, so that its reason is kept.
    """
    wanted = situation.wishes.of(want.occasion)
    channels = list(dict.fromkeys((*RULES[want.occasion].channels, *wanted)))
    mail = Key(want.occasion, want.round, Channel.EMAIL, reach.addressee)
    if Channel.EMAIL not in channels and stands_in(situation, mail, want, now):
        channels.append(Channel.EMAIL)
    return channels


def _when(situation: Situation, key: Key, want: Wanted, now: datetime) -> Decision:
    due = _due(situation, key, want, now)
    reason = obstacle(situation, key, want, due, now)
    if reason is None and says_what_was_just_told(situation, key, want):
        reason = JUST_TOLD
    if reason is None and due >= want.until:
        reason = NOT_BEFORE_MORNING
    return Decision(key, due, want.until, reason)


def _due(situation: Situation, key: Key, want: Wanted, now: datetime) -> datetime:
    """E-mail wakes nobody."""
    at, zone, quiet = want.at or now, situation.parcel.zone, situation.wishes.quiet
    night = RULES[key.occasion].night
    if key.channel is Channel.EMAIL or night is Night.WAKES:
        return at
    if night is Night.BEFORE:
        return before_night(at, zone, quiet)
    return awake(max(at, now), zone, quiet)


def _is_news(situation: Situation, decision: Decision, want: Wanted, now: datetime) -> bool:
    """Decided once; but what waits may move, and what was dropped is said when nothing is in its
    way any more: it is true again, or the shop has told another number.
    """
    told = situation.told.get(decision.key)
    if told is None:
        return True
    if told.state is NoticeState.PLANNED:
        lasts_else = told.until is not None and abs(told.until - decision.until) >= _LASTS_ELSE
        if want.at is None:
            return lasts_else and decision.reason is None
        return decision.reason is not None or lasts_else or _moves(told, decision)
    has_passed = told.state is NoticeState.DROPPED and told.reason not in STOPPED
    is_open = has_passed and decision.reason is None
    return is_open and not (
        told.reason == NOT_SUBSCRIBED and _is_in_view(situation, told, want, now)
    )


def _moves(told: Told, decision: Decision) -> bool:
    """What a provider did not take, and has a reason, waits out its pause whatever the news is."""
    if told.reason is not None:
        return decision.due_at > told.due_at
    return decision.due_at != told.due_at


def _is_in_view(situation: Situation, told: Told, want: Wanted, now: datetime) -> bool:
    """Who subscribes has the page before them: what stood there then is no news to them."""
    since = situation.parcel.state.since
    is_ahead = want.at is not None and want.at > now
    return not is_ahead and (since is None or since <= told.at)
