"""What was told and holds no more is told anew; what still holds is not."""

from collections import Counter
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from situations import DAY, HOUR, NOON, Shopper, coming, everybody, state, waiting

from notifier.occasions import Parcel
from notifier.policy import check, decide
from notifier.quiet import Quiet
from notifier.round_names import base_of
from notifier.rounds import MOST, TIMED, By, in_round, replaces, standing
from notifier.said import said_of
from notifier.situation import Wishes
from schemas.notice import MAY_HAVE_ARRIVED, Addressee, Channel, Key, NoticeState, Occasion, Told
from schemas.scan import Window
from schemas.status import Reason, Status

LIMIT = NOON + 3 * DAY
EVERY = ("email", "push", "sms")
MAIL = By(Channel.EMAIL, Addressee.RECIPIENT)


def said(occasion: str, *channels: str) -> list[str]:
    return sorted(f"{occasion}/{channel}" for channel in channels)


READY = said("ready_for_pickup", *EVERY)


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (waiting(LIMIT, code="1111"), waiting(LIMIT, code="2222"), True),
        (waiting(LIMIT), waiting(LIMIT, code="1111"), True),
        (waiting(LIMIT, code="1111"), waiting(LIMIT), False),  # a carrier tells no code
        (waiting(LIMIT), waiting(LIMIT - DAY), True),
        (waiting(LIMIT), waiting(LIMIT - HOUR / 2), False),
        (waiting(LIMIT), waiting(LIMIT + DAY), False),  # the reminders tell
        (waiting(None), waiting(LIMIT), False),
        (waiting(LIMIT), waiting(None), False),
    ],
)
def test_a_code_or_a_limit_that_changed_for_the_worse_is_told(before, after, is_told):
    shopper = Shopper()
    assert shopper.live(before, NOON) == READY
    assert shopper.live(after, NOON + HOUR) == (READY if is_told else [])
    assert shopper.live(after, NOON + 2 * HOUR) == []
    (key, *_) = [key for _, key in reversed(shopper.sent)]
    assert replaces(key, shopper.told) == is_told


def test_what_was_not_sent_yet_says_what_is_true_when_it_goes():
    """Told at night: in the morning there is one message, with the code of then."""
    shopper, night = Shopper(), NOON + 12 * HOUR
    assert shopper.live(waiting(LIMIT, night, code="1111"), night) == said(
        "ready_for_pickup", "email"
    )
    changed = waiting(LIMIT, night, code="2222")
    assert shopper.live(changed, night + HOUR) == said("ready_for_pickup", "email")
    assert shopper.live(changed, night + 9 * HOUR) == said("ready_for_pickup", "push", "sms")
    assert {told.reason for told in shopper.told.values()} == {None}


def test_a_change_is_news_also_when_it_has_waited_for_long():
    shopper, limit = Shopper(), NOON + 9 * DAY
    shopper.live(waiting(limit, code="1111"), NOON)
    assert shopper.live(waiting(limit, code="2222"), NOON + 4 * DAY + HOUR) == READY


def test_a_carrier_that_contradicts_itself_by_turns_is_not_followed_for_ever():
    shopper = Shopper()
    for number in range(8):
        code = ("1111", "2222")[number % 2]
        shopper.live(waiting(NOON + 9 * DAY, code=code), NOON + number * DAY / 2)
    mails = [
        key
        for _, key in shopper.sent
        if key.channel is Channel.EMAIL and key.occasion is Occasion.READY_FOR_PICKUP
    ]
    assert len(mails) == MOST


def test_reminders_of_a_limit_that_moved_are_withdrawn_or_moved_at_once():
    shopper = Shopper()
    shopper.live(waiting(LIMIT), NOON)
    sooner = waiting(NOON + DAY)
    shopper.live(sooner, NOON + HOUR)
    planned = [told for told in shopper.told.values() if told.state is NoticeState.PLANNED]
    assert planned
    assert all(told.due_at < NOON + DAY for told in planned)


def test_who_was_reminded_is_reminded_of_the_day_to_which_it_was_extended():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    shopper.live(waiting(LIMIT), NOON)
    last_day = LIMIT - 4 * HOUR
    assert shopper.live(waiting(LIMIT), last_day) == said("pickup_last_day", "email")
    longer = waiting(LIMIT + 4 * DAY)
    shopper.live(longer, last_day + HOUR)
    assert shopper.live(longer, last_day + 4 * DAY) == said("pickup_last_day", "email")


def window(first: float, last: float, **fields):
    return coming(NOON + first * HOUR, NOON + last * HOUR, **fields)


MOVED = said("delivery_time_changed", *EVERY)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (window(6, 8), window(2, 3), MOVED),
        (window(2, 3), window(6, 8), MOVED),
        (window(2, 4), window(2.5, 4.5), []),
        (window(2, 4), state(Status.OUT_FOR_DELIVERY), []),
        (
            state(Status.OUT_FOR_DELIVERY),
            window(2, 4),
            said("delivery_time_changed", "email", "push"),
        ),
        (window(-4, -2), window(2, 4), said("delivery_time_changed", "email", "push")),
        (window(2, 4), window(-4, -2), []),
    ],
)
def test_a_window_that_moved_is_told(before, after, told):
    shopper = Shopper()
    assert shopper.live(before, NOON) == said("out_for_delivery", *EVERY)
    assert shopper.live(after, NOON + HOUR / 4) == told
    assert shopper.live(after, NOON + HOUR / 2) == []


def test_hours_are_told_where_only_the_day_was():
    shopper, today = Shopper(), NOON.replace(hour=0)
    day = Window(**{"from": today, "to": today + DAY}, day_only=True)
    shopper.live(state(Status.OUT_FOR_DELIVERY, estimate=day), NOON)
    told = shopper.live(window(2, 4), NOON + HOUR)
    assert told == said("delivery_time_changed", "email", "push")
    assert shopper.live(state(Status.OUT_FOR_DELIVERY, estimate=day), NOON + HOUR) == []


def test_a_window_that_wanders_is_told_so_often_and_of_the_next_try_anew():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    told = [shopper.live(window(2 + n, 3 + n), NOON + n * HOUR / 2) for n in range(6)]
    assert sum(map(len, told)) == 1 + MOST
    second = [
        shopper.live(window(48 + n, 50 + n, since=NOON + 2 * DAY, attempts=1), NOON + 2 * DAY)
        for n in (0, 3)
    ]
    assert second == [said("out_for_delivery", "email"), said("delivery_time_changed", "email")]


def test_hours_that_were_planned_by_text_stay_off_it_when_looked_at_again():
    shopper = Shopper()
    shopper.live(state(Status.OUT_FOR_DELIVERY), NOON)
    shopper.live(window(2, 4), NOON)
    shopper.live(window(2.2, 4.2), NOON + HOUR / 2)
    assert not [
        key for _, key in shopper.sent if key[0] == "delivery_time_changed" and key[2] == "sms"
    ]


def held(reason, status=Status.HELD):
    return state(status, reason=reason)


def test_a_hold_for_another_reason_is_told_where_it_asks_for_something_else():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    told = [
        shopper.live(each, NOON + hours * HOUR)
        for hours, each in enumerate(
            [
                held(Reason.WEATHER),
                held(Reason.CARRIER_DELAY),
                held(Reason.CUSTOMS_DOCUMENTS),
                held(Reason.CUSTOMS_DOCUMENTS),
                held(Reason.CARRIER_LOST, Status.EXCEPTION),
            ]
        )
    ]
    one = said("held", "email")
    assert told == [one, [], one, [], one]


def test_documents_that_are_asked_for_after_days_are_news():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    shopper.live(held(Reason.CUSTOMS_DELAY), NOON)
    assert shopper.live(held(Reason.CUSTOMS_DOCUMENTS), NOON + 4 * DAY) == said("held", "email")


def test_each_mistaken_delivery_is_taken_back():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    delivered, not_yet = state(Status.DELIVERED), state(Status.IN_TRANSIT)
    told = [
        shopper.live(each, NOON + hours * HOUR / 4)
        for hours, each in enumerate([delivered, not_yet, delivered, not_yet, delivered])
    ]
    right, wrong = said("delivered", "email"), said("delivery_retracted", "email")
    assert told == [right, wrong, right, wrong, right]


def test_an_errand_is_named_by_its_place():
    shopper = Shopper()
    shopper.live(waiting(LIMIT, code="1111"), NOON)
    shopper.live(waiting(LIMIT, code="2222"), NOON + HOUR)
    parcel = Parcel(waiting(LIMIT, code="2222", place=""), NOON, None, "Europe/Riga")
    want = standing(parcel, NOON)[Occasion.READY_FOR_PICKUP]
    ready = in_round(want, MAIL, parcel, shopper.told, NOON + 2 * HOUR)
    assert ready.round == "9901 again"


def receipt(shopper: Shopper, now, state=NoticeState.DELIVERED, **of):
    """It comes long after what it is about."""
    for key, told in shopper.told.items():
        if told.said and all(getattr(key, name) == value for name, value in of.items()):
            shopper.told[key] = told._replace(state=state, at=now)


def test_a_late_receipt_changes_nothing_of_what_was_heard_last():
    shopper, told = Shopper(), waiting(LIMIT, code="2222")
    shopper.live(waiting(LIMIT, code="1111"), NOON)
    shopper.live(told, NOON + HOUR)
    receipt(shopper, NOON + 2 * HOUR, round="9901")
    assert shopper.live(told, NOON + 3 * HOUR) == []
    shopper, moved = Shopper(), window(7, 8)
    shopper.live(window(4, 5), NOON)
    shopper.live(moved, NOON + HOUR / 2)
    receipt(shopper, NOON + HOUR, occasion=Occasion.OUT_FOR_DELIVERY)
    assert shopper.live(moved, NOON + 2 * HOUR) == []


def test_what_did_not_arrive_counts_as_a_round():
    shopper = Shopper(everybody(sms="no_phone", push="not_subscribed"))
    shopper.live(waiting(LIMIT, code="1111"), NOON)
    shopper.live(waiting(LIMIT, code="2222"), NOON + HOUR)
    receipt(shopper, NOON + HOUR, NoticeState.FAILED, round="9901")
    told = shopper.live(waiting(LIMIT, code="3333"), NOON + 2 * HOUR)
    assert told == said("ready_for_pickup", "email")


def test_a_window_that_moved_before_phones_wake_is_told_once_by_each_way():
    """Both fall due at eight: by text, only what it says then."""
    shopper, six = Shopper(), NOON - 6 * HOUR
    shopper.live(window(4, 6, since=six), six)
    later = window(1, 2, since=six)
    assert shopper.live(later, six + HOUR) == said("delivery_time_changed", "email")
    eight = six + 2 * HOUR
    due = [
        key
        for key, told in shopper.told.items()
        if told.state is NoticeState.PLANNED and told.due_at <= eight
    ]
    snapshot = shopper.situation(later)
    to_send = [key[0] for key in due if check(snapshot, key, eight).reason is None]
    assert sorted(to_send) == ["out_for_delivery"] * 2


def test_changes_told_by_mail_at_night_leave_the_text_its_rounds():
    shopper, midnight = Shopper(), NOON - 12 * HOUR
    for number in range(4):
        shopper.live(
            window(1 + 2 * number, 2 + 2 * number, since=midnight), midnight + number * HOUR
        )
    shopper.live(window(7, 8, since=midnight), NOON - 4 * HOUR)
    told = shopper.live(window(2, 3, since=midnight), NOON - HOUR)
    assert "delivery_time_changed/sms" in told


def test_windows_that_wander_leave_a_text_for_the_code():
    shopper = Shopper(everybody(email="no_email", push="not_subscribed"))
    for number in range(5):
        shopper.live(window(2 + number, 3 + number), NOON + number * HOUR / 2)
    ready = waiting(NOON + 5 * DAY, NOON + 4 * HOUR, code="1111")
    assert shopper.live(ready, NOON + 4 * HOUR) == said("ready_for_pickup", "sms")


def test_who_was_not_told_by_text_hears_of_no_change_by_text():
    shopper = Shopper(wishes=Wishes({Occasion.OUT_FOR_DELIVERY: (Channel.EMAIL,)}))
    shopper.live(window(6, 7), NOON)
    told = shopper.live(window(2, 3), NOON + HOUR)
    assert told == said("delivery_time_changed", "email")


def test_a_hold_that_the_release_before_told_is_not_told_again():
    shopper, long_ago = Shopper(), NOON - 10 * DAY
    key = Key(Occasion.HELD, "", *MAIL)
    shopper.told[key] = Told(key, NoticeState.SENT, long_ago, long_ago)
    held = state(Status.HELD, long_ago, reason=Reason.CUSTOMS_DOCUMENTS)
    assert shopper.live(held, NOON) == []


def test_a_change_reminds_too():
    """Of less time, told at nine in the morning: no reminder of that at ten."""
    shopper, nine = Shopper(), NOON + 2 * DAY - 3 * HOUR
    shopper.live(waiting(NOON + 9 * DAY, code="1"), NOON)
    sooner = waiting(NOON + 3 * DAY, code="1")
    assert shopper.live(sooner, nine) == READY
    assert shopper.live(sooner, nine + HOUR) == []


@pytest.mark.parametrize("places", [("9901", "9902", "9901"), ("", "9901", "9902")])
def test_each_move_between_places_that_have_ids_is_told(places):
    shopper, heard = Shopper(), []
    for hours, place in enumerate(places):
        where = waiting(NOON + 9 * DAY, place=place)
        heard.append(len(shopper.live(where, NOON + hours * HOUR)))
    assert heard == ([3, 3, 3] if places[0] else [3, 0, 0]), "without an id it may be any"


def test_another_qr_is_told_by_mail_which_shows_it():
    shopper = Shopper()
    shopper.live(waiting(LIMIT).model_copy(update={"pickup_qr": "A"}), NOON)
    told = shopper.live(waiting(LIMIT).model_copy(update={"pickup_qr": "B"}), NOON + HOUR)
    assert told == said("ready_for_pickup", "email")


def test_a_new_time_that_is_near_is_one_push():
    shopper = Shopper(everybody(sms="no_phone"))
    shopper.live(window(6, 7), NOON)
    told = shopper.live(window(2, 3), NOON + 1.6 * HOUR)
    assert sum(each.endswith("push") for each in told) == 1


CODES = st.sampled_from([None, "1111", "2222", "3333"])
HOURS = st.sampled_from([2, 10, 30, 50, 100])


@st.composite
def lives(draw):
    """A parcel that comes, waits, moves and changes its mind, and how each message fares."""
    now, found = NOON, []
    for _ in range(draw(st.integers(1, 10))):
        now += draw(st.sampled_from([0.05, 0.1, 0.5, 1, 3, 8, 20])) * HOUR
        first = draw(st.integers(-2, 8))
        parcel = draw(
            st.one_of(
                st.builds(
                    waiting,
                    HOURS.map(lambda hours, now=now: now + hours * HOUR),
                    st.just(now - HOUR),
                    st.sampled_from(["", "9901", "9902"]),
                    CODES,
                ),
                st.builds(
                    coming,
                    st.just(now + first * HOUR),
                    st.just(now + (first + 2) * HOUR),
                    st.just(now - HOUR),
                    attempts=st.integers(0, 1),
                ),
                st.builds(
                    state,
                    st.sampled_from([Status.OUT_FOR_DELIVERY, Status.DELIVERED, Status.IN_TRANSIT]),
                    st.just(now - HOUR),
                ),
            )
        )
        found.append((now, parcel))
    return found


def last_heard(shopper, by):
    """What it said, and how often the errand was told that was told most often."""
    ready = [
        each
        for each in shopper.told.values()
        if each.key.occasion is Occasion.READY_FOR_PICKUP
        and By(*each.key[2:]) == by
        and each.state in MAY_HAVE_ARRIVED | {NoticeState.FAILED}
    ]
    last = max(ready, key=lambda each: (each.said.at, len(each.key.round)))
    times = Counter(base_of(each.key.round) for each in ready)
    return last.said, max(times.values())


FATES = st.sampled_from(
    [NoticeState.SENT] * 5 + [NoticeState.UNKNOWN, NoticeState.FAILED, NoticeState.PLANNED]
)


def sent_together(shopper, parcel, now, draw):
    """Looked at in one snapshot, as a sender does, and given away in any order."""
    snapshot = shopper.situation(parcel)
    due = [
        key
        for key, told in shopper.told.items()
        if told.state is NoticeState.PLANNED and told.due_at <= now
    ]
    for key in draw(st.permutations(due)):
        found = check(snapshot, key, now)
        if found.reason or found.due_at > now:
            dropped = NoticeState.DROPPED if found.reason else NoticeState.PLANNED
            shopper.told[key] = Told(key, dropped, found.due_at, now, found.reason, found.until)
            continue
        fate = draw(FATES)
        again = now + HOUR if fate is NoticeState.PLANNED else found.due_at
        words = said_of(parcel, now)
        shopper.told[key] = Told(key, fate, again, now, None, found.until, words)
        if fate in MAY_HAVE_ARRIVED:
            yield key, words


@settings(max_examples=150)
@given(lives(), st.data())
def test_nobody_hears_the_same_twice_or_goes_by_what_holds_no_more(told, data):
    shopper = Shopper(wishes=Wishes(quiet=Quiet(time(0), time(0))))
    last = {}
    for now, parcel in told:
        decided = [each.key for each in shopper.hear(parcel, now)]
        assert len(decided) == len(set(decided)), "the store keeps each once"
        assert decide(shopper.situation(parcel), now) == [], "deciding again is nothing new"
        for key, words in sent_together(shopper, parcel, now, data.draw):
            family = (base_of(key.round), key.occasion in TIMED, *key[2:])
            if key.occasion in TIMED | {Occasion.READY_FOR_PICKUP}:
                assert last.get(family) != words.model_copy(update={"at": None}), "told twice"
                last[family] = words.model_copy(update={"at": None})
        heard = [key for key, each in shopper.told.items() if each.state in MAY_HAVE_ARRIVED]
        if heard:
            late = data.draw(st.sampled_from(heard))
            receipt(shopper, now, round=late.round, occasion=late.occasion, channel=late.channel)
    now, parcel = told[-1]
    if parcel.pickup_code and parcel.pickup_until > now + 26 * HOUR:
        shopper.live(parcel, now + 25 * HOUR)  # the day's number of messages is over
        for channel in Channel:
            words, times = last_heard(shopper, By(channel, Addressee.RECIPIENT))
            assert words.code == said_of(parcel, now).code or times == MOST


MAIL_ONLY = {"sms": "no_phone", "push": "not_subscribed"}


def test_no_key_is_decided_twice_at_once():
    """The store can keep a row once in a statement."""
    shopper, limit = Shopper(), NOON + 5 * DAY
    for hours, place in enumerate(("9902", "9901")):
        shopper.live(waiting(limit, place=place), NOON + hours * HOUR)
    decided = decide(shopper.situation(waiting(limit, place="")), NOON + 2 * HOUR)
    assert len(decided) == len({each.key for each in decided})


def test_no_mail_stands_in_for_a_text_that_went_before_the_phone_was_stopped():
    shopper = Shopper(wishes=Wishes({Occasion.READY_FOR_PICKUP: (Channel.SMS,)}))
    assert shopper.live(waiting(LIMIT, code="1"), NOON) == said("ready_for_pickup", "sms")
    shopper.reaches = everybody(sms="stopped")
    assert shopper.live(waiting(LIMIT, code="1"), NOON + HOUR) == []
    told = shopper.live(waiting(LIMIT, code="2"), NOON + 2 * HOUR)
    assert told == said("ready_for_pickup", "email"), "the change has no other way"


@pytest.mark.parametrize(
    ("bounced", "then"),
    [
        (Occasion.DELIVERED, [Status.IN_TRANSIT]),
        (Occasion.DELIVERY_RETRACTED, [Status.IN_TRANSIT, Status.DELIVERED]),
    ],
)
def test_a_late_bounce_leaves_no_later_mistake_and_no_delivery_untold(bounced, then):
    shopper = Shopper(everybody(**MAIL_ONLY))
    for hours, status in enumerate([Status.DELIVERED, Status.IN_TRANSIT, Status.DELIVERED]):
        shopper.live(state(status), NOON + hours * HOUR / 4)
    receipt(shopper, NOON + HOUR, NoticeState.FAILED, round="", occasion=bounced)
    told = [
        shopper.live(state(status), NOON + (4 + hours) * HOUR / 4)
        for hours, status in enumerate(then)
    ]
    expected = [said("delivery_retracted", "email"), said("delivered", "email")]
    assert told == expected[: len(then)]


def test_a_try_that_was_overtaken_keeps_its_number():
    """It was in hand when the code changed once more, and came back."""
    shopper = Shopper(everybody(**MAIL_ONLY))
    shopper.live(waiting(LIMIT, code="1111"), NOON)
    shopper.live(waiting(LIMIT, code="2222"), NOON + HOUR)
    (key,) = [each for each in shopper.told if each.round == "9901 again"]
    shopper.told[key] = shopper.told[key]._replace(state=NoticeState.HANDED)
    third = waiting(LIMIT, code="3333")
    assert shopper.live(third, NOON + 2 * HOUR) == said("ready_for_pickup", "email")
    back = {"state": NoticeState.PLANNED, "due_at": NOON + 3 * HOUR, "reason": "timeout"}
    shopper.told[key] = shopper.told[key]._replace(**back)
    assert shopper.live(third, NOON + 2.5 * HOUR) == []
    told = shopper.live(waiting(LIMIT, code="4444"), NOON + 4 * HOUR)
    assert told == said("ready_for_pickup", "email")
