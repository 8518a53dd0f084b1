"""Which notices a parcel owes, and why not the others. Pure: a situation in, decisions out.

The situation is what is true now and what was decided before. The same situation gives the same
decisions, whichever news led to it, so deciding twice says nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from notifier.occasions import IMPORTANT, RULES, Night, Parcel, Wanted
from notifier.quiet import Quiet, awake, before_night
from notifier.rounds import REMINDERS, TIMED, By, in_round, standing
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

MOST_A_DAY: Mapping[Channel, int] = {Channel.SMS: 4, Channel.EMAIL: 6, Channel.PUSH: 10}
_DAY = timedelta(days=1)
NO_LONGER_TRUE, TOO_MANY, NOT_BEFORE_MORNING = "no_longer_true", "too_many", "not_before_morning"
JUST_TOLD = "just_told"
NOT_WANTED, ONLY_IMPORTANT = "shop_does_not_want", "only_important"
NOT_SUBSCRIBED = "not_subscribed"
SPEND_CAP, TOO_MANY_ALIKE = "spend_cap", "too_many_alike"
STOPPED = frozenset({SPEND_CAP, TOO_MANY_ALIKE})
"""Reasons for which a text message is dropped for good, so that another way is looked for: tomorrow
there is money again, and it is for what is to be said tomorrow."""
_LASTS_ELSE = timedelta(minutes=10)
_AFTER_NEWS = REMINDERS | {Occasion.ARRIVING_NEXT}
_FOR_THE_END = 2
_SOON_KNOWN = timedelta(minutes=30)
_STILL_KNOWN = timedelta(hours=6)  # who was told that it waits needs no reminder so soon


@dataclass(frozen=True, slots=True)
class Reach:
    """How one person can be reached: of each channel why not, None where it can.

    `only_important`: by these ways the person wants to hear only what has to be acted on.
    """

    addressee: Addressee
    obstacles: Mapping[Channel, str | None]
    only_important: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Wishes:
    """By which ways the shop wants what said, where not by those of RULES; and when its shoppers
    sleep. An occasion without a way is not said at all.
    """

    ways: Mapping[Occasion, tuple[Channel, ...]] = field(default_factory=dict)
    quiet: Quiet = field(default_factory=Quiet)

    def of(self, occasion: Occasion) -> tuple[Channel, ...]:
        return self.ways.get(occasion, RULES[occasion].channels)


@dataclass(frozen=True, slots=True)
class Situation:
    parcel: Parcel
    reaches: Sequence[Reach]
    told: Mapping[Key, Told] = field(default_factory=dict)
    wishes: Wishes = field(default_factory=Wishes)


def decide(situation: Situation, now: datetime) -> list[Decision]:
    """What is new: notices to plan or to drop, and planned ones that move to another time."""
    wants = standing(situation.parcel, now)
    found: list[Decision] = list(_overtaken(situation, wants, now))
    for is_after in (False, True):  # what news says itself needs no reminder
        decided = {each.key: _as_told(each, now) for each in found}
        known = replace(situation, told={**situation.told, **decided})
        of_pass = [each for each in wants.values() if (each.occasion in _AFTER_NEWS) is is_after]
        found += _news(known, of_pass, now)
    return found


def _overtaken(
    situation: Situation, wants: Mapping[Occasion, Wanted], now: datetime
) -> Iterator[Decision]:
    """What waits for its time, and meanwhile is true no more, or may not be said."""
    for key, told in situation.told.items():
        if told.state is NoticeState.PLANNED and _is_derived(key):
            want = _wanted_as(situation, wants, key, now)
            reason = _wish_or_obstacle(situation, key, want, now) if want else NO_LONGER_TRUE
            if reason is not None:
                yield Decision(key, told.due_at, told.until or told.due_at, reason)


def _wanted_as(
    situation: Situation, wants: Mapping[Occasion, Wanted], key: Key, now: datetime
) -> Wanted | None:
    """What stands as this very notice; None where nothing does."""
    want = wants.get(key.occasion)
    found = _as_heard(situation, want, By(key.channel, key.addressee), now) if want else None
    return found if found and found.round == key.round else None


def _as_heard(situation: Situation, want: Wanted, by: By, now: datetime) -> Wanted | None:
    return in_round(want, by, situation.parcel, situation.told, now)


def _is_derived(key: Key) -> bool:
    """From the state of the parcel; others are granted, and stand until they were said."""
    return key.occasion is not Occasion.BONUS_GRANTED


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
    want = _wanted_as(situation, standing(situation.parcel, now), key, now)
    if want is None:
        return Decision(key, now, now, NO_LONGER_TRUE)
    return _when(situation, key, want, now)


def _decided(situation: Situation, want: Wanted, now: datetime) -> Iterator[Decision]:
    rule = RULES[want.occasion]
    for reach in situation.reaches:
        if reach.addressee is Addressee.BUYER and not rule.to_buyer:
            continue
        for channel in _channels(situation, want, reach, now):
            heard = _as_heard(situation, want, By(channel, reach.addressee), now)
            if heard is not None:
                key = Key(want.occasion, heard.round, channel, reach.addressee)
                yield _when(situation, key, heard, now)


def _channels(situation: Situation, want: Wanted, reach: Reach, now: datetime) -> list[Channel]:
    """Those of the rule and of the shop; e-mail too, in the place of a text message that cannot be.

    What the rule has and the shop does not want is among them, so that its reason is kept.
    """
    wanted = situation.wishes.of(want.occasion)
    channels = list(dict.fromkeys((*RULES[want.occasion].channels, *wanted)))
    mail = Key(want.occasion, want.round, Channel.EMAIL, reach.addressee)
    if Channel.EMAIL not in channels and _stands_in(situation, mail, want, now):
        channels.append(Channel.EMAIL)
    return channels


def _stands_in(situation: Situation, key: Key, want: Wanted, now: datetime) -> bool:
    """Whether this mail takes the place of a text message that was wanted and can never be sent."""
    wanted = situation.wishes.of(key.occasion)
    is_instead = key.channel is Channel.EMAIL and Channel.EMAIL not in wanted
    return (
        is_instead and Channel.SMS in wanted and _never_by_text(situation, key.addressee, want, now)
    )


def _never_by_text(situation: Situation, addressee: Addressee, want: Wanted, now: datetime) -> bool:
    text = _as_heard(situation, want, By(Channel.SMS, addressee), now)
    if text is None:
        return False
    key = Key(want.occasion, text.round, Channel.SMS, addressee)
    told = situation.told.get(key)
    is_over = told is not None and (told.state is NoticeState.FAILED or told.reason in STOPPED)
    return is_over or _wish_or_obstacle(situation, key, want, now) is not None


def _when(situation: Situation, key: Key, want: Wanted, now: datetime) -> Decision:
    due = _due(situation, key, want, now)
    reason = _obstacle(situation, key, want, due, now)
    if reason is None and _says_what_was_just_told(situation, key, want):
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


def _obstacle(
    situation: Situation, key: Key, want: Wanted, due: datetime, now: datetime
) -> str | None:
    found = _wish_or_obstacle(situation, key, want, now)
    if found is None and _sent_within_a_day(situation, key, due) >= _most_a_day(key):
        return TOO_MANY
    return found


def _most_a_day(key: Key) -> int:
    """A window that wanders leaves room for where it ends: at the door, or in a locker."""
    is_change = key.occasion is Occasion.DELIVERY_TIME_CHANGED
    return MOST_A_DAY[key.channel] - (_FOR_THE_END if is_change else 0)


def _says_what_was_just_told(situation: Situation, key: Key, want: Wanted) -> bool:
    """News that comes late, or waited for the morning, makes a reminder of what it says itself.

    Held against when the reminder is for, not against now: later news does not bring it back.
    """
    if want.at is None or key.occasion not in _AFTER_NEWS:
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


def _wish_or_obstacle(situation: Situation, key: Key, want: Wanted, now: datetime) -> str | None:
    if not _is_wanted(situation, key, want, now):
        return NOT_WANTED
    for reach in situation.reaches:
        if reach.addressee is key.addressee:
            less = key.channel in reach.only_important and key.occasion not in IMPORTANT
            return reach.obstacles.get(key.channel) or (ONLY_IMPORTANT if less else None)
    return "nobody_to_tell"  # the shop registered it anew, without this person


def _is_wanted(situation: Situation, key: Key, want: Wanted, now: datetime) -> bool:
    """A correction goes wherever the mistake went."""
    is_correction = key.occasion is Occasion.DELIVERY_RETRACTED
    return (
        is_correction
        or key.channel in situation.wishes.of(key.occasion)
        or _stands_in(situation, key, want, now)
    )


def _sent_within_a_day(situation: Situation, key: Key, now: datetime) -> int:
    return sum(
        each.state in MAY_HAVE_ARRIVED and each.at > now - _DAY
        for each in situation.told.values()
        if each.key.channel is key.channel and each.key.addressee is key.addressee
    )


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
